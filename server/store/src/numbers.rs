//! Positions and counts, which the databases keep as signed numbers.

use crate::error::StoreError;

pub(crate) fn to_signed(value: u64) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| StoreError::Refused(format!("{value} is out of range")))
}

pub(crate) fn to_unsigned(value: i64) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_| StoreError::Damaged(format!("{value} is negative")))
}
