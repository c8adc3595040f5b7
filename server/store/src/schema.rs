//! The tables, as diesel knows them. Written by hand; a test compares it with both live databases.

diesel::table! {
    entry (position) {
        position -> BigInt,
        leaf -> Binary,
        salt -> Binary,
        kind -> SmallInt,
        evidence -> SmallInt,
        received -> BigInt,
        stream -> Binary,
        counter -> BigInt,
        source -> Text,
        delivery_id -> Text,
        headers -> Binary,
        body_bytes -> BigInt,
        fingerprint -> Binary,
        duplicate_of -> Nullable<BigInt>,
        conflicting -> Bool,
    }
}

diesel::table! {
    body (position) {
        position -> BigInt,
        encoding -> SmallInt,
        bytes -> Binary,
    }
}

diesel::table! {
    tile (level, number) {
        level -> SmallInt,
        number -> BigInt,
        hashes -> Binary,
    }
}

diesel::table! {
    checkpoint (size) {
        size -> BigInt,
        note -> Text,
    }
}

diesel::table! {
    head (id) {
        id -> SmallInt,
        size -> BigInt,
        root -> Binary,
        received -> BigInt,
    }
}

diesel::table! {
    stream_end (stream) {
        stream -> Binary,
        counter -> BigInt,
    }
}

diesel::table! {
    source (name) {
        name -> Text,
        provider -> Text,
        stream -> Binary,
        secrets -> Text,
        created -> BigInt,
    }
}

diesel::table! {
    projection (id) {
        id -> SmallInt,
        cursor -> BigInt,
        revision -> BigInt,
        epoch -> BigInt,
        next_node -> BigInt,
        next_link -> BigInt,
        holder -> Text,
        held_until -> BigInt,
    }
}

diesel::table! {
    node (id) {
        id -> BigInt,
        key -> Text,
        stated -> Bool,
        live -> Bool,
        degree -> BigInt,
        occurred -> Nullable<BigInt>,
        outcome -> Nullable<Text>,
        revision -> BigInt,
    }
}

diesel::table! {
    node_attribute (node, attribute) {
        node -> BigInt,
        attribute -> Text,
        value -> Text,
        at -> Nullable<BigInt>,
        entry -> BigInt,
        content -> BigInt,
    }
}

diesel::table! {
    node_text (node, field) {
        node -> BigInt,
        field -> Text,
        at -> Nullable<BigInt>,
        rank -> BigInt,
        entry -> BigInt,
        content -> BigInt,
    }
}

diesel::table! {
    node_reference (node, field, ordinal) {
        node -> BigInt,
        field -> Text,
        ordinal -> BigInt,
        awaits -> Text,
        resource -> Nullable<Text>,
        intent -> Text,
        class -> Text,
        score -> SmallInt,
        rule -> Text,
        version -> Integer,
        reason -> Text,
    }
}

diesel::table! {
    node_name (name, key) {
        name -> Text,
        key -> Text,
    }
}

diesel::table! {
    link (id) {
        id -> BigInt,
        origin -> BigInt,
        kind -> Text,
        target -> BigInt,
        class -> Text,
        live -> Bool,
        revision -> BigInt,
    }
}

diesel::table! {
    link_assertion (link, rule, field) {
        link -> BigInt,
        rule -> Text,
        field -> Text,
        class -> Text,
        score -> SmallInt,
        version -> Integer,
        reason -> Text,
        at -> Nullable<BigInt>,
        entry -> BigInt,
        content -> BigInt,
    }
}

diesel::table! {
    node_event (id) {
        id -> Binary,
        node -> BigInt,
        at -> BigInt,
        what -> Text,
        actor -> Nullable<Text>,
        summary -> Text,
        entry -> BigInt,
        content -> BigInt,
    }
}

diesel::table! {
    node_search (node) {
        node -> BigInt,
        kind -> Text,
        head -> Text,
        body -> Text,
    }
}

diesel::table! {
    delivery_outcome (entry) {
        entry -> BigInt,
        source -> Text,
        provider -> Text,
        status -> Text,
        event -> Nullable<Text>,
        detail -> Nullable<Text>,
    }
}

diesel::table! {
    credential (id) {
        id -> Text,
        kind -> Text,
        name -> Text,
        created -> BigInt,
        expires -> BigInt,
        revoked -> Nullable<BigInt>,
    }
}

diesel::table! {
    backfill_cursor (source, list) {
        source -> Text,
        list -> Text,
        page -> Nullable<Text>,
        since -> BigInt,
        began -> BigInt,
        complete_from -> Nullable<BigInt>,
        complete_to -> Nullable<BigInt>,
    }
}

diesel::table! {
    release_decision (entry) {
        entry -> BigInt,
        candidate -> Text,
        environment -> Text,
        what -> Text,
        gate -> Nullable<Text>,
        person -> Text,
        reason -> Text,
        at -> BigInt,
        expires -> Nullable<BigInt>,
    }
}

diesel::table! {
    release_verdict (entry) {
        entry -> BigInt,
        candidate -> Text,
        environment -> Text,
        outcome -> Text,
        policy -> Text,
        person -> Text,
        at -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(entry, body, delivery_outcome, link_assertion);
