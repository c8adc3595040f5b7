//! Checkpoints: a tree's size and root, signed by the ledger (C2SP tlog-checkpoint and signed-note).

mod key;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::merkle::{Hash, TreeHead};
use key::is_key_name;
pub use key::{KeyError, Origin, SigningKey, VerifierKey};

/// The longest note that is read: room for dozens of signatures of witnesses, also of the large post-quantum kind.
pub const MAX_NOTE_BYTES: usize = 128 * 1024;

/// What a signature line begins with: an em dash and a space.
const SIGNATURE_MARK: &str = "\u{2014} ";

/// What a ledger says about itself: who it is, how many entries it has, and their root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The ledger's name.
    pub origin: Origin,
    /// The number of entries.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// Why a text is no checkpoint of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Fewer than three lines, or no line end after the last one.
    #[error("a checkpoint has three lines: origin, size and root")]
    Lines,
    /// There are lines after the third.
    #[error("the checkpoint has extension lines, which this ledger never writes")]
    Extension,
    /// The first line is no usable origin.
    #[error("the checkpoint's origin is not usable: {0}")]
    Origin(KeyError),
    /// The second line is no decimal number without leading zeroes that fits 64 bits.
    #[error("the checkpoint's size is no plain decimal number")]
    Size,
    /// The third line is not the standard base64 of 32 bytes.
    #[error("the checkpoint's root is not the base64 of 32 bytes")]
    Root,
}

/// Why a note is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Longer than [`MAX_NOTE_BYTES`].
    #[error("the note has {0} bytes, more than {MAX_NOTE_BYTES}")]
    TooLong(usize),
    /// Control characters, no blank line before the signatures, or no line end at the end.
    #[error("the note is not a text, a blank line and signature lines")]
    Form,
    /// A line below the blank line is no signature.
    #[error("signature line {0} of the note is malformed")]
    SignatureLine(usize),
    /// None of the signatures is by the key in question.
    #[error("the note carries no signature by {0}")]
    NotSigned(Origin),
    /// The key's signature is there and does not fit the text.
    #[error("the signature by {0} does not fit the note's text")]
    WrongSignature(Origin),
    /// The text is signed and is no checkpoint.
    #[error("the signed text is no checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The key signed a checkpoint of some other ledger.
    #[error("the checkpoint is of {found}, signed by the key of {expected}")]
    OtherOrigin {
        /// The ledger whose key signed.
        expected: Origin,
        /// The ledger that the text names.
        found: Origin,
    },
}

impl Checkpoint {
    /// The three lines that are signed.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root)
    }

    /// Reads the three lines; refuses whatever [`Checkpoint::text`] would not have written.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let lines: Vec<&str> = text.strip_suffix('\n').ok_or(CheckpointError::Lines)?.split('\n').collect();
        let [origin, size, root] = lines.as_slice() else {
            return Err(if lines.len() > 3 { CheckpointError::Extension } else { CheckpointError::Lines });
        };
        Ok(Self {
            origin: Origin::new(origin).map_err(CheckpointError::Origin)?,
            size: parse_size(size).ok_or(CheckpointError::Size)?,
            root: Hash::from_base64(root).ok_or(CheckpointError::Root)?,
        })
    }

    /// Size and root, without the name.
    pub const fn head(&self) -> TreeHead {
        TreeHead { size: self.size, root: self.root }
    }
}

impl SigningKey {
    /// Signs a head as a checkpoint of this key's ledger; the answer is the whole note.
    ///
    /// The same head gives the same note. The caller keeps the rule of one history: never two roots for one size.
    pub fn sign(&self, head: &TreeHead) -> String {
        let text = Checkpoint { origin: self.origin().clone(), size: head.size, root: head.root }.text();
        let signature = [self.id().as_slice(), self.sign_bytes(text.as_bytes()).as_slice()].concat();
        format!("{text}\n{SIGNATURE_MARK}{} {}\n", self.origin(), STANDARD.encode(signature))
    }
}

/// Reads a note and gives its checkpoint, if the key signed it as one of its own ledger.
///
/// Signatures by other keys, of witnesses for instance, are left alone. Nothing of the text is used, not even in
/// an error, before the signature holds.
pub fn open(note: &str, key: &VerifierKey) -> Result<Checkpoint, NoteError> {
    if note.len() > MAX_NOTE_BYTES {
        return Err(NoteError::TooLong(note.len()));
    }
    if note.chars().any(|character| character < ' ' && character != '\n') {
        return Err(NoteError::Form);
    }
    // The last blank line parts the text from the signatures; the text keeps its own last line end.
    let (head, signatures) = note.rsplit_once("\n\n").ok_or(NoteError::Form)?;
    let text = format!("{head}\n");
    let mut signed = false;
    for (number, line) in (1..).zip(signatures.strip_suffix('\n').ok_or(NoteError::Form)?.split('\n')) {
        let (name, signature) = parse_signature(line).ok_or(NoteError::SignatureLine(number))?;
        let (id, signature) = signature.split_first_chunk::<4>().ok_or(NoteError::SignatureLine(number))?;
        if name == key.origin().as_str() && *id == key.id() {
            if !key.verifies(text.as_bytes(), signature) {
                return Err(NoteError::WrongSignature(key.origin().clone()));
            }
            signed = true;
        }
    }
    if !signed {
        return Err(NoteError::NotSigned(key.origin().clone()));
    }
    let checkpoint = Checkpoint::parse(&text)?;
    if checkpoint.origin != *key.origin() {
        return Err(NoteError::OtherOrigin { expected: key.origin().clone(), found: checkpoint.origin });
    }
    Ok(checkpoint)
}

/// The key's name, and the key id with the signature behind it.
fn parse_signature(line: &str) -> Option<(&str, Vec<u8>)> {
    let (name, signature) = line.strip_prefix(SIGNATURE_MARK)?.split_once(' ')?;
    let signature = STANDARD.decode(signature).ok()?;
    // Four bytes of key id and at least one of signature.
    (is_key_name(name) && signature.len() > 4).then_some((name, signature))
}

/// A decimal number in its only form: no sign, no leading zero.
fn parse_size(text: &str) -> Option<u64> {
    let size: u64 = text.parse().ok()?;
    (size.to_string() == text).then_some(size)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::merkle::empty_root;
    use super::*;

    fn key(name: &str, seed: u8) -> SigningKey {
        SigningKey::from_seed(Origin::new(name).unwrap(), &[seed; 32])
    }

    fn head(size: u64) -> TreeHead {
        TreeHead { size, root: empty_root() }
    }

    #[test]
    fn a_note_opens_with_its_key_alone() {
        let ours = key("ledger.acme.example", 1);
        let note = ours.sign(&head(12));
        let checkpoint = open(&note, &ours.verifier()).unwrap();
        assert_eq!(checkpoint.head(), head(12));
        assert_eq!(checkpoint.origin.as_str(), "ledger.acme.example");
        for other in [key("ledger.acme.example", 2), key("other.acme.example", 1)] {
            let origin = other.origin().clone();
            assert_eq!(open(&note, &other.verifier()), Err(NoteError::NotSigned(origin)));
        }
    }

    #[test]
    fn signatures_of_others_are_left_alone() {
        let ours = key("ledger.acme.example", 1);
        let witness = key("witness.acme.example", 9);
        let note = ours.sign(&head(12));
        let text = "ledger.acme.example\n12\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
        let theirs =
            STANDARD.encode([witness.id().as_slice(), witness.sign_bytes(text.as_bytes()).as_slice()].concat());
        let both = format!("{note}{SIGNATURE_MARK}witness.acme.example {theirs}\n");
        assert_eq!(open(&both, &ours.verifier()).unwrap().size, 12);
        // The witness signed it, but it is not the witness's ledger.
        assert!(matches!(open(&both, &witness.verifier()), Err(NoteError::OtherOrigin { .. })));
        let unknown = format!("{note}{SIGNATURE_MARK}somebody {}\n", STANDARD.encode([0; 5]));
        assert_eq!(open(&unknown, &ours.verifier()).unwrap().size, 12);
        let wrong = format!(
            "{note}{SIGNATURE_MARK}ledger.acme.example {}\n",
            STANDARD.encode([ours.id().as_slice(), &[0; 64]].concat())
        );
        assert!(matches!(open(&wrong, &ours.verifier()), Err(NoteError::WrongSignature(_))));
    }

    #[test]
    fn checkpoints_have_one_written_form() {
        let root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        let good = format!("acme.example\n0\n{root}\n");
        assert_eq!(Checkpoint::parse(&good).unwrap().text(), good);
        let cases = [
            (String::new(), CheckpointError::Lines),
            (good.trim_end().to_owned(), CheckpointError::Lines),
            ("acme.example\n0\n".to_owned(), CheckpointError::Lines),
            (format!("{good}extension\n"), CheckpointError::Extension),
            (format!("{good}\n"), CheckpointError::Extension),
            (format!("\n0\n{root}\n"), CheckpointError::Origin(KeyError::Name)),
            (format!("acme example\n0\n{root}\n"), CheckpointError::Origin(KeyError::Name)),
            (format!("acme.example\n00\n{root}\n"), CheckpointError::Size),
            (format!("acme.example\n+1\n{root}\n"), CheckpointError::Size),
            (format!("acme.example\n-1\n{root}\n"), CheckpointError::Size),
            (format!("acme.example\n\n{root}\n"), CheckpointError::Size),
            (format!("acme.example\n18446744073709551616\n{root}\n"), CheckpointError::Size),
            ("acme.example\n1\nAAAA\n".to_owned(), CheckpointError::Root),
        ];
        for (text, expected) in cases {
            assert_eq!(Checkpoint::parse(&text), Err(expected), "{text:?}");
        }
    }

    #[test]
    fn malformed_notes_are_refused() {
        let ours = key("acme.example", 1);
        let verifier = ours.verifier();
        let note = ours.sign(&head(1));
        let line = note.lines().last().unwrap();
        let text = "acme.example\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
        let cases = [
            (String::new(), NoteError::Form),
            (text.to_owned(), NoteError::Form),
            (note.trim_end().to_owned(), NoteError::Form),
            (note.replace('\n', "\r\n"), NoteError::Form),
            (format!("{text}\n"), NoteError::Form),
            (format!("{text}\n\n"), NoteError::Form),
            (format!("{text}\nacme.example\n"), NoteError::SignatureLine(1)),
            (format!("{text}\n{}\n", line.replacen('\u{2014}', "-", 1)), NoteError::SignatureLine(1)),
            (format!("{text}\n{line} \n"), NoteError::SignatureLine(1)),
            (format!("{note}\u{2014} acme.example AAAA\n"), NoteError::SignatureLine(2)),
            (format!("{note}\u{2014} acme.example \n"), NoteError::SignatureLine(2)),
            (note.replacen("\n1\n", "\n2\n", 1), NoteError::WrongSignature(ours.origin().clone())),
            ("x".repeat(MAX_NOTE_BYTES + 1), NoteError::TooLong(MAX_NOTE_BYTES + 1)),
        ];
        for (note, expected) in cases {
            assert_eq!(open(&note, &verifier), Err(expected), "{:?}", note.get(..200));
        }
    }

    #[test]
    fn a_signed_text_that_is_no_checkpoint_is_refused() {
        let ours = key("acme.example", 1);
        let text = "acme.example\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nextension\n";
        let signature = STANDARD.encode([ours.id().as_slice(), ours.sign_bytes(text.as_bytes()).as_slice()].concat());
        let note = format!("{text}\n{SIGNATURE_MARK}acme.example {signature}\n");
        assert_eq!(open(&note, &ours.verifier()), Err(NoteError::Checkpoint(CheckpointError::Extension)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn any_flipped_bit_of_a_note_is_refused(place in any::<usize>(), bit in 0..8_u32) {
            let ours = key("ledger.acme.example", 1);
            let mut note = ours.sign(&head(7)).into_bytes();
            let place = place % note.len();
            note[place] ^= 1 << bit;
            if let Ok(note) = String::from_utf8(note) {
                prop_assert!(open(&note, &ours.verifier()).is_err(), "{note}");
            }
        }

        #[test]
        fn any_text_is_answered(characters in prop::collection::vec(any::<char>(), 0..200)) {
            let note: String = characters.into_iter().collect();
            prop_assert!(open(&note, &key("acme.example", 1).verifier()).is_err());
        }
    }
}
