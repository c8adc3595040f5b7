//! Bytes as lower-case hexadecimal digits.

/// Two lower-case digits for each byte.
pub fn encode(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 0x0f])
        .filter_map(|digit| char::from_digit(u32::from(digit), 16))
        .collect()
}

/// The bytes that the digits, of either case, stand for; `None` for an odd number of digits or any other character.
pub fn decode(digits: &str) -> Option<Vec<u8>> {
    let value = |digit: char| digit.to_digit(16).and_then(|value| u8::try_from(value).ok());
    let values: Vec<u8> = digits.chars().map(value).collect::<Option<_>>()?;
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some((high << 4) | low),
        _ => None,
    };
    values.chunks(2).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn writes_what_it_reads() {
        assert_eq!(encode(&[0x00, 0x9f, 0xff]), "009fff");
        assert_eq!(decode("009fff"), Some(vec![0x00, 0x9f, 0xff]));
        assert_eq!(decode("009FFF"), Some(vec![0x00, 0x9f, 0xff]));
        assert_eq!(decode("0"), None);
        assert_eq!(decode("0g"), None);
    }
}
