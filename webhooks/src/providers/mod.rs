//! The one table of all tools. A new tool is its folder, and here two lines.

use crate::provider::Provider;

pub mod acr;
pub mod alertmanager;
pub mod ansible;
pub mod argocd;
pub mod artifactory;
pub mod azure_devops;
pub mod bitbucket_cloud;
pub mod bitbucket_server;
pub mod bugzilla;
pub mod buildkite;
pub mod cdevents;
pub mod checkmk;
pub mod chef;
pub mod circleci;
pub mod cloudevents;
pub mod cloudwatch_sns;
pub mod confluence;
pub mod custom;
pub mod cyclonedx;
pub mod datadog;
pub mod docker_hub;
pub mod drone;
pub mod eiffel;
pub mod facts;
pub mod flux;
pub mod forgejo;
pub mod gcp_monitoring;
pub mod gcr;
pub mod gerrit;
pub mod git;
pub mod gitea;
pub mod github;
pub mod gitlab;
pub mod gogs;
pub mod grafana;
pub mod graylog;
pub mod harbor;
pub mod intoto;
pub mod jenkins;
pub mod jenkins_generic;
pub mod jira;
pub mod junit;
pub mod kubernetes;
pub mod launchdarkly;
pub mod linear;
pub mod mattermost;
pub mod mediawiki;
pub mod nagios;
pub mod newrelic;
pub mod nexus;
pub mod notion;
pub mod nunit;
pub mod octopus;
pub mod opsgenie;
pub mod packages;
pub mod pagerduty;
pub mod pingdom;
pub mod puppet;
pub mod quay;
pub mod redmine;
pub mod rundeck;
pub mod sarif;
pub mod sensu;
pub mod sentry;
pub mod servicenow;
pub mod slack;
pub mod sonarqube;
pub mod spdx;
pub mod spinnaker;
pub mod statuspage;
pub mod teamcity;
pub mod tekton;
pub mod terraform;
pub mod travis;
pub mod trx;
pub mod woodpecker;
pub mod youtrack;
pub mod zabbix;

/// Every provider, in order of name.
pub static PROVIDERS: &[&Provider] = &[
    &acr::PROVIDER,
    &alertmanager::PROVIDER,
    &ansible::PROVIDER,
    &argocd::PROVIDER,
    &artifactory::PROVIDER,
    &azure_devops::PROVIDER,
    &bitbucket_cloud::PROVIDER,
    &bitbucket_server::PROVIDER,
    &bugzilla::PROVIDER,
    &buildkite::PROVIDER,
    &cdevents::PROVIDER,
    &checkmk::PROVIDER,
    &chef::PROVIDER,
    &circleci::PROVIDER,
    &cloudevents::PROVIDER,
    &cloudwatch_sns::PROVIDER,
    &confluence::PROVIDER,
    &custom::PROVIDER,
    &cyclonedx::PROVIDER,
    &datadog::PROVIDER,
    &docker_hub::PROVIDER,
    &drone::PROVIDER,
    &eiffel::PROVIDER,
    &facts::PROVIDER,
    &flux::PROVIDER,
    &forgejo::PROVIDER,
    &gcp_monitoring::PROVIDER,
    &gcr::PROVIDER,
    &gerrit::PROVIDER,
    &git::PROVIDER,
    &gitea::PROVIDER,
    &github::PROVIDER,
    &gitlab::PROVIDER,
    &gogs::PROVIDER,
    &grafana::PROVIDER,
    &graylog::PROVIDER,
    &harbor::PROVIDER,
    &intoto::PROVIDER,
    &jenkins::PROVIDER,
    &jenkins_generic::PROVIDER,
    &jira::PROVIDER,
    &junit::PROVIDER,
    &kubernetes::PROVIDER,
    &launchdarkly::PROVIDER,
    &linear::PROVIDER,
    &mattermost::PROVIDER,
    &mediawiki::PROVIDER,
    &nagios::PROVIDER,
    &newrelic::PROVIDER,
    &nexus::PROVIDER,
    &notion::PROVIDER,
    &nunit::PROVIDER,
    &octopus::PROVIDER,
    &opsgenie::PROVIDER,
    &packages::PROVIDER,
    &pagerduty::PROVIDER,
    &pingdom::PROVIDER,
    &puppet::PROVIDER,
    &quay::PROVIDER,
    &redmine::PROVIDER,
    &rundeck::PROVIDER,
    &sarif::PROVIDER,
    &sensu::PROVIDER,
    &sentry::PROVIDER,
    &servicenow::PROVIDER,
    &slack::PROVIDER,
    &sonarqube::PROVIDER,
    &spdx::PROVIDER,
    &spinnaker::PROVIDER,
    &statuspage::PROVIDER,
    &teamcity::PROVIDER,
    &tekton::PROVIDER,
    &terraform::PROVIDER,
    &travis::PROVIDER,
    &trx::PROVIDER,
    &woodpecker::PROVIDER,
    &youtrack::PROVIDER,
    &zabbix::PROVIDER,
];

/// The provider of that name, if there is one.
pub fn find(name: &str) -> Option<&'static Provider> {
    PROVIDERS.iter().copied().find(|provider| provider.name == name)
}
