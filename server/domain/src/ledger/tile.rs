//! The tree cut into tiles of 256 hashes, after C2SP tlog-tiles: full tiles never change and are all that is stored.
//!
//! A tile at level 0 holds leaf hashes; one at level n holds the roots of 256 full tiles of level n - 1. What lies to
//! the right of the full tiles is worked out from the entries and the full tiles when it is needed.

use std::fmt;

use super::merkle::{Frontier, HASH_SIZE, Hash, TreeHead, root_of};

/// The number of hashes in a full tile.
pub const TILE_WIDTH: u16 = 256;

/// The number of bytes of a full tile.
pub const TILE_BYTES: usize = TILE_WIDTH as usize * HASH_SIZE;

/// The number of tree levels that a tile spans.
const TILE_HEIGHT: u8 = 8;

/// Levels 0 to 7 can hold hashes: 256 to the power of 8 is every 64-bit size.
const TILE_LEVELS: u8 = 8;

/// The name of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    /// The level: 0 for leaf hashes, at most 7.
    pub level: u8,
    /// The place within the level, from the left, counted from 0.
    pub index: u64,
}

impl TileId {
    /// The path of the full tile below a log's address: `tile/0/x001/x234/067`.
    pub fn path(self) -> String {
        let mut name = format!("{:03}", self.index % 1000);
        let mut rest = self.index / 1000;
        while rest > 0 {
            name = format!("x{:03}/{name}", rest % 1000);
            rest /= 1000;
        }
        format!("tile/{}/{name}", self.level)
    }

    /// The path of the tile while it holds only `width` hashes (1 to 255): `tile/0/x001/x234/067.p/17`.
    pub fn partial_path(self, width: u8) -> String {
        format!("{}.p/{width}", self.path())
    }

    /// Reads the path of a tile, with the width where it is partial; `None` for any form but the one that is written.
    pub fn from_path(path: &str) -> Option<(Self, Option<u8>)> {
        let (name, width) = match path.split_once(".p/") {
            Some((name, width)) => (name, Some(width.parse::<u8>().ok().filter(|width| *width > 0)?)),
            None => (path, None),
        };
        let (level, index) = name.strip_prefix("tile/")?.split_once('/')?;
        let mut id = Self { level: level.parse::<u8>().ok().filter(|level| *level < TILE_LEVELS)?, index: 0 };
        for element in index.split('/') {
            let digits = element.strip_prefix('x').unwrap_or(element);
            let number = digits.parse::<u64>().ok().filter(|number| *number < 1000)?;
            id.index = id.index.checked_mul(1000)?.checked_add(number)?;
        }
        // Leading zeroes, signs and elements with or without their x: only one way of writing is the path.
        let written = width.map_or_else(|| id.path(), |width| id.partial_path(width));
        (written == path).then_some((id, width))
    }

    /// How many hashes the tile holds in a tree of this size: 0 to 256.
    pub fn width_at(self, size: u64) -> u16 {
        let in_level = size.checked_shr(bits_below(self.level)).unwrap_or(0);
        let here = in_level.saturating_sub(self.index.saturating_mul(u64::from(TILE_WIDTH)));
        u16::try_from(here).unwrap_or(TILE_WIDTH).min(TILE_WIDTH)
    }

    /// Whether the tile is full, and so stored, in a tree of this size.
    pub fn is_full_at(self, size: u64) -> bool {
        self.width_at(size) == TILE_WIDTH
    }

    /// The index of the first entry below the hash at this place of the tile (0 to 255); saturates.
    pub fn first_entry(self, place: u16) -> u64 {
        let in_level = self.index.saturating_mul(u64::from(TILE_WIDTH)).saturating_add(u64::from(place));
        in_level.saturating_mul(1_u64.checked_shl(bits_below(self.level)).unwrap_or(u64::MAX))
    }
}

impl fmt::Display for TileId {
    /// The path of the full tile.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.path())
    }
}

/// The tiles that become full when a tree grows from `old_size` to `new_size` leaves, level by level from the left.
pub fn completed_tiles(old_size: u64, new_size: u64) -> impl Iterator<Item = TileId> {
    (0..TILE_LEVELS).flat_map(move |level| {
        let full = move |size: u64| size.checked_shr(bits_below(level + 1)).unwrap_or(0);
        (full(old_size)..full(new_size)).map(move |index| TileId { level, index })
    })
}

/// The hashes of a tile in a row, as they are stored and served.
pub fn encode_tile(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

/// The hashes of a stored tile, full or partial; `None` unless there are 1 to 256 whole hashes.
pub fn decode_tile(bytes: &[u8]) -> Option<Vec<Hash>> {
    if bytes.is_empty() || bytes.len() > TILE_BYTES {
        return None;
    }
    // The last chunk is the short one, if any is, and makes the whole answer `None`.
    bytes.chunks(HASH_SIZE).map(Hash::from_slice).collect()
}

/// Where the parts of a tree come from: the entries for leaf hashes, the stored tiles for the rest.
///
/// A trait and not two closures, because both usually read through one connection.
pub trait TileReader {
    /// Why something could not be read.
    type Error;

    /// The hashes of `count` leaves (1 to 255) from the entry `start` on, in ledger order.
    fn leaf_hashes(&mut self, start: u64, count: u16) -> Result<Vec<Hash>, Self::Error>;

    /// The 256 hashes of a stored full tile.
    fn full_tile(&mut self, id: TileId) -> Result<Vec<Hash>, Self::Error>;
}

/// Why a part of the tree could not be worked out.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TileError<E> {
    /// The reader failed.
    #[error("{id} could not be read: {error}")]
    Unreadable {
        /// The tile that was needed.
        id: TileId,
        /// What the reader said.
        error: E,
    },
    /// There are too few or too many hashes.
    #[error("{id} should give {expected} hashes here and gave {found}")]
    Width {
        /// The tile that was needed.
        id: TileId,
        /// How many hashes were expected.
        expected: u16,
        /// How many there were.
        found: usize,
    },
}

/// `count` hashes of a tile from `place` on, in a tree of `size` leaves; the tile may be full or partial.
///
/// A hash in a partial tile above level 0 costs the reading of one full tile below it.
pub fn tile_hashes<R: TileReader>(
    reader: &mut R,
    size: u64,
    id: TileId,
    place: u16,
    count: u16,
) -> Result<Vec<Hash>, TileError<R::Error>> {
    let width = id.width_at(size);
    let end = place.saturating_add(count);
    if end > width {
        return Err(TileError::Width { id, expected: end, found: usize::from(width) });
    }
    if width == TILE_WIDTH {
        let hashes = read_full(reader, id)?;
        return Ok(hashes.into_iter().skip(usize::from(place)).take(usize::from(count)).collect());
    }
    let first = id.index.saturating_mul(u64::from(TILE_WIDTH)).saturating_add(u64::from(place));
    match id.level.checked_sub(1) {
        None if count == 0 => Ok(Vec::new()),
        None => {
            let hashes = reader.leaf_hashes(first, count).map_err(|error| TileError::Unreadable { id, error })?;
            expect_width(id, hashes, count)
        }
        Some(level) => (first..first.saturating_add(u64::from(count)))
            .map(|index| read_full(reader, TileId { level, index }).map(|hashes| root_of(&hashes)))
            .collect(),
    }
}

/// The root of the complete subtree of 2^level leaves that starts at leaf index * 2^level, in a tree of `size` leaves.
///
/// The source of hashes for [`super::inclusion_proof`] and [`super::consistency_proof`]: hand them
/// `|level, index| subtree_hash(reader, size, level, index)`.
pub fn subtree_hash<R: TileReader>(
    reader: &mut R,
    size: u64,
    level: u8,
    index: u64,
) -> Result<Hash, TileError<R::Error>> {
    // The subtree covers 1, 2, 4 … or 128 neighbours of one tile.
    let count = 1_u16 << (level % TILE_HEIGHT);
    let first = index.saturating_mul(u64::from(count));
    let width = u64::from(TILE_WIDTH);
    let id = TileId { level: level / TILE_HEIGHT, index: first / width };
    let place = u16::try_from(first % width).unwrap_or(TILE_WIDTH);
    tile_hashes(reader, size, id, place, count).map(|hashes| root_of(&hashes))
}

/// A tile that has just become full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FullTile {
    /// Its name.
    pub id: TileId,
    /// Its 256 hashes.
    pub hashes: Vec<Hash>,
}

impl FullTile {
    /// The 8,192 bytes to store.
    pub fn bytes(&self) -> Vec<u8> {
        encode_tile(&self.hashes)
    }
}

/// The writer's view of a tree: its frontier and the tiles that are not full yet.
///
/// A leaf costs one hash on average, and no allocation but one of 8 KiB for each tile that becomes full.
/// A clone is at most 64 KiB, for a writer that must be able to go back when its transaction fails.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TileFrontier {
    frontier: Frontier,
    levels: Vec<OpenTile>,
}

/// The tile of one level that is being filled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct OpenTile {
    index: u64,
    hashes: Vec<Hash>,
}

impl TileFrontier {
    /// The view of a stored tree of this size, worked out from its last entries and last full tiles.
    ///
    /// Reads at most 255 leaf hashes and 255 full tiles for each level above; the caller compares the root with
    /// the stored one before it goes on writing.
    pub fn restore<R: TileReader>(size: u64, reader: &mut R) -> Result<Self, TileError<R::Error>> {
        let mut levels = Vec::new();
        for level in 0..TILE_LEVELS {
            let in_level = size >> bits_below(level);
            if in_level == 0 {
                break;
            }
            let id = TileId { level, index: in_level / u64::from(TILE_WIDTH) };
            let mut hashes = Vec::with_capacity(usize::from(TILE_WIDTH));
            hashes.extend(tile_hashes(reader, size, id, 0, id.width_at(size))?);
            levels.push(OpenTile { index: id.index, hashes });
        }
        let subtrees = edge_subtrees(&levels);
        Ok(Self { frontier: Frontier::from_subtrees(size, subtrees), levels })
    }

    /// Adds a leaf by its hash; answers with the tiles that it made full, the lowest level first (mostly none).
    pub fn append(&mut self, leaf_hash: Hash) -> Vec<FullTile> {
        let mut completed = Vec::new();
        let levels = &mut self.levels;
        self.frontier.append_and_tell(leaf_hash, |tree_level, hash| {
            if tree_level.is_multiple_of(TILE_HEIGHT) {
                completed.extend(fill(levels, tree_level / TILE_HEIGHT, hash));
            }
        });
        completed
    }

    /// The number of leaves.
    pub const fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The root over all leaves so far.
    pub fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// Size and root together.
    pub fn head(&self) -> TreeHead {
        self.frontier.head()
    }

    /// The hashes of the level's tile that is not full yet, for whoever serves partial tiles; may be empty.
    pub fn open_tile(&self, level: u8) -> &[Hash] {
        self.levels.get(usize::from(level)).map(|open| open.hashes.as_slice()).unwrap_or_default()
    }
}

/// Puts a hash into the open tile of a level; gives the tile away when it is full, and opens the next.
fn fill(levels: &mut Vec<OpenTile>, level: u8, hash: Hash) -> Option<FullTile> {
    let place = usize::from(level);
    if levels.len() <= place {
        let hashes = Vec::with_capacity(usize::from(TILE_WIDTH));
        levels.resize(place + 1, OpenTile { index: 0, hashes });
    }
    let open = levels.get_mut(place)?;
    open.hashes.push(hash);
    if open.hashes.len() < usize::from(TILE_WIDTH) {
        return None;
    }
    let hashes = std::mem::replace(&mut open.hashes, Vec::with_capacity(usize::from(TILE_WIDTH)));
    let id = TileId { level, index: open.index };
    open.index += 1;
    Some(FullTile { id, hashes })
}

/// The roots of the largest complete subtrees, from left to right: the highest level's open tile comes first.
fn edge_subtrees(levels: &[OpenTile]) -> Vec<Hash> {
    let mut subtrees = Vec::new();
    for open in levels.iter().rev() {
        let mut rest = open.hashes.as_slice();
        while let Some(power) = rest.len().checked_ilog2() {
            let (largest, others) = rest.split_at(1 << power);
            subtrees.push(root_of(largest));
            rest = others;
        }
    }
    subtrees
}

/// How many tree levels lie below the hashes of a tile level.
fn bits_below(level: u8) -> u32 {
    u32::from(level) * u32::from(TILE_HEIGHT)
}

fn read_full<R: TileReader>(reader: &mut R, id: TileId) -> Result<Vec<Hash>, TileError<R::Error>> {
    let hashes = reader.full_tile(id).map_err(|error| TileError::Unreadable { id, error })?;
    expect_width(id, hashes, TILE_WIDTH)
}

fn expect_width<E>(id: TileId, hashes: Vec<Hash>, expected: u16) -> Result<Vec<Hash>, TileError<E>> {
    if hashes.len() == usize::from(expected) {
        Ok(hashes)
    } else {
        Err(TileError::Width { id, expected, found: hashes.len() })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use ct_merkle::mem_backed_tree::MemoryBackedTree;
    use proptest::prelude::*;
    use sha2::Sha256;

    use super::super::merkle::test_tree::{defined_root, leaf_hashes, leaves, source};
    use super::super::merkle::{consistency_proof, inclusion_proof};
    use super::*;

    /// What a store holds: every leaf hash, and the full tiles.
    struct Memory {
        leaves: Vec<Hash>,
        tiles: HashMap<TileId, Vec<Hash>>,
    }

    impl Memory {
        fn grown_to(size: u64) -> (Self, TileFrontier) {
            let mut memory = Self { leaves: leaf_hashes(size), tiles: HashMap::new() };
            let mut frontier = TileFrontier::default();
            for leaf in &memory.leaves {
                for tile in frontier.append(*leaf) {
                    memory.tiles.insert(tile.id, tile.hashes);
                }
            }
            (memory, frontier)
        }
    }

    impl TileReader for Memory {
        type Error = String;

        fn leaf_hashes(&mut self, start: u64, count: u16) -> Result<Vec<Hash>, String> {
            let start = start as usize;
            self.leaves
                .get(start..start + usize::from(count))
                .map(<[Hash]>::to_vec)
                .ok_or_else(|| "no such leaf".into())
        }

        fn full_tile(&mut self, id: TileId) -> Result<Vec<Hash>, String> {
            self.tiles.get(&id).cloned().ok_or_else(|| "no such tile".into())
        }
    }

    #[test]
    fn paths_are_written_and_read_in_one_form() {
        for (level, index, path) in [
            (0, 0, "tile/0/000"),
            (0, 999, "tile/0/999"),
            (1, 1000, "tile/1/x001/000"),
            (7, 1_234_067, "tile/7/x001/x234/067"),
            (0, u64::MAX, "tile/0/x018/x446/x744/x073/x709/x551/615"),
        ] {
            let id = TileId { level, index };
            assert_eq!(id.path(), path);
            assert_eq!(TileId::from_path(path), Some((id, None)), "{path}");
            assert_eq!(TileId::from_path(&id.partial_path(17)), Some((id, Some(17))), "{path}");
        }
        for wrong in [
            "",
            "tile",
            "tile/0",
            "tile/0/",
            "tile/0/1",
            "tile/0/01",
            "tile/0/0001",
            "tile/8/000",
            "tile/00/000",
            "tile/0/x000/001",
            "tile/0/001/002",
            "tile/0/x001",
            "tile/0/xx1/000",
            "tile/0/+01",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/0/000.p/",
            "tile/0/000.p/1.p/1",
            "/tile/0/000",
            "tile/0/x018/x446/x744/x073/x709/x551/616",
            "tile/entries/000",
            "tile/0/../000",
        ] {
            assert_eq!(TileId::from_path(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn widths_are_those_of_the_specification() {
        let width = |level, index| TileId { level, index }.width_at(70_000);
        assert_eq!((width(0, 0), width(0, 272), width(0, 273), width(0, 274)), (256, 256, 112, 0));
        assert_eq!((width(1, 0), width(1, 1), width(2, 0), width(3, 0)), (256, 17, 1, 0));
        assert_eq!(TileId { level: 1, index: 0 }.width_at(256), 1);
        assert_eq!(TileId { level: 7, index: 0 }.width_at(u64::MAX), 255);
        assert_eq!(TileId { level: 1, index: 1 }.first_entry(2), 65_536 + 512);
        assert_eq!(TileId { level: 0, index: 3 }.first_entry(0), 768);
    }

    #[test]
    fn growth_names_the_tiles_that_become_full() {
        let tiles = |old, new| completed_tiles(old, new).map(|id| (id.level, id.index)).collect::<Vec<_>>();
        assert!(tiles(0, 255).is_empty());
        assert_eq!(tiles(255, 256), [(0, 0)]);
        assert!(tiles(256, 256).is_empty());
        assert_eq!(tiles(200, 800), [(0, 0), (0, 1), (0, 2)]);
        assert_eq!(tiles(65_535, 65_536), [(0, 255), (1, 0)]);
        assert_eq!(completed_tiles(u64::MAX - 1, u64::MAX).count(), 0);
    }

    #[test]
    fn the_writer_gives_away_each_tile_when_it_is_full() {
        let mut frontier = TileFrontier::default();
        // One level 1 tile and some more; the numbers themselves serve as leaf hashes, to spare the time.
        let all: Vec<Hash> = (0..65_600_u64).map(numbered_hash).collect();
        let mut memory = Memory { leaves: all.clone(), tiles: HashMap::new() };
        let mut size = 0;
        for leaf in &all {
            let completed = frontier.append(*leaf);
            let expected: Vec<TileId> = completed_tiles(size, size + 1).collect();
            assert_eq!(completed.iter().map(|tile| tile.id).collect::<Vec<_>>(), expected, "leaf {size}");
            for tile in completed {
                assert_eq!(tile.bytes().len(), TILE_BYTES);
                assert_eq!(decode_tile(&tile.bytes()), Some(tile.hashes.clone()));
                if tile.id.level == 0 {
                    assert_eq!(tile.hashes, all[size as usize - 255..=size as usize]);
                }
                memory.tiles.insert(tile.id, tile.hashes);
            }
            size += 1;
        }
        assert_eq!(TileFrontier::restore(size, &mut memory), Ok(frontier));
    }

    fn numbered_hash(number: u64) -> Hash {
        let mut bytes = [0; HASH_SIZE];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        Hash::from_bytes(bytes)
    }

    #[test]
    fn another_implementation_has_the_same_roots() {
        let mut other = MemoryBackedTree::<Sha256, Vec<u8>>::new();
        let mut frontier = TileFrontier::default();
        for (leaf, hash) in leaves(600).into_iter().zip(leaf_hashes(600)) {
            frontier.append(hash);
            other.push(leaf);
        }
        let root = other.root();
        assert_eq!(Hash::from_slice(root.as_bytes().as_slice()), Some(frontier.root()));
    }

    #[test]
    fn a_missing_or_short_tile_is_named() {
        let (mut memory, _) = Memory::grown_to(600);
        let first = TileId { level: 0, index: 0 };
        memory.tiles.get_mut(&first).unwrap().pop();
        assert_eq!(
            TileFrontier::restore(600, &mut memory),
            Err(TileError::Width { id: first, expected: 256, found: 255 })
        );
        memory.tiles.remove(&first);
        assert_eq!(
            TileFrontier::restore(600, &mut memory),
            Err(TileError::Unreadable { id: first, error: "no such tile".to_owned() })
        );
        let open = TileId { level: 0, index: 2 };
        assert_eq!(
            tile_hashes(&mut memory, 600, open, 80, 9),
            Err(TileError::Width { id: open, expected: 89, found: 88 })
        );
    }

    #[test]
    fn stored_tiles_of_a_wrong_length_are_refused() {
        for length in [0, 1, 31, 33, TILE_BYTES - 1, TILE_BYTES + 1, TILE_BYTES + HASH_SIZE] {
            assert_eq!(decode_tile(&vec![0; length]), None, "{length} bytes");
        }
        assert_eq!(decode_tile(&[0; 64]).map(|hashes| hashes.len()), Some(2));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        #[test]
        fn a_restored_writer_goes_on_as_if_it_had_never_stopped(size in 0..900_u64, more in 0..300_u64) {
            let (mut memory, frontier) = Memory::grown_to(size);
            let mut restored = TileFrontier::restore(size, &mut memory).unwrap();
            prop_assert_eq!(&restored, &frontier);
            let (grown, expected) = Memory::grown_to(size + more);
            for leaf in grown.leaves.iter().skip(size as usize) {
                for tile in restored.append(*leaf) {
                    prop_assert_eq!(grown.tiles.get(&tile.id), Some(&tile.hashes));
                }
            }
            prop_assert_eq!(restored.root(), defined_root(&grown.leaves));
            prop_assert_eq!(restored, expected);
        }

        #[test]
        fn proofs_from_tiles_are_those_from_leaves(size in 1..900_u64, pick in any::<u64>()) {
            let (mut memory, _) = Memory::grown_to(size);
            let leaves = memory.leaves.clone();
            let index = pick % size;
            let from_tiles = inclusion_proof(index, size, |level, at| subtree_hash(&mut memory, size, level, at));
            prop_assert_eq!(from_tiles.unwrap(), inclusion_proof(index, size, source(&leaves)).unwrap());
            let old = index + 1;
            let from_tiles = consistency_proof(old, size, |level, at| subtree_hash(&mut memory, size, level, at));
            prop_assert_eq!(from_tiles.unwrap(), consistency_proof(old, size, source(&leaves)).unwrap());
        }
    }
}
