#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "arete/data/row_source.hpp"

namespace arete {

/// Which part a row belongs to, 0 to part_count - 1: a pure function of the rule and of the row's
/// global number, so that every thread, rank and restart agrees without a word.
struct PartRule {
  /// The numbers are those of the moments file.
  enum class Kind : std::uint8_t {
    none = 0,          ///< one part
    holdout = 1,       ///< part 1 is held out: rows whose hash falls below `fraction`
    holdout_last = 2,  ///< part 1 is held out: rows `first_held_out` and later
    folds = 3,         ///< `folds` parts, by hash
  };
  Kind kind = Kind::none;
  std::uint64_t seed = 0;
  double fraction = 0.0;             ///< holdout: in (0, 1)
  std::uint64_t first_held_out = 0;  ///< holdout_last
  int folds = 0;                     ///< folds: 2 or more

  bool operator==(const PartRule&) const = default;
};

/// The hash of (seed, row): mix(mix(seed) xor row), mix being splitmix64's output step
/// (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
[[nodiscard]] std::uint64_t row_hash(std::uint64_t seed, std::uint64_t row) noexcept;

/// Whether the values that `rule.kind` uses are in range, and all others zero.
[[nodiscard]] bool is_valid(const PartRule& rule) noexcept;

// These three take a valid rule.
[[nodiscard]] int part_count(const PartRule& rule) noexcept;
/// The part of the row with this global number.
[[nodiscard]] int part_of(const PartRule& rule, std::uint64_t row) noexcept;
/// The parts that are held out in turn: none, {1}, or all folds.
[[nodiscard]] std::vector<int> held_out_parts(const PartRule& rule);

// Makers of rules. Throw Error (usage) for a fraction that is not between 0 and 1, fewer than two
// folds, or a fraction of so few rows that a part would be empty.

/// About `fraction` of all rows is held out: each by its hash.
[[nodiscard]] PartRule holdout_rule(double fraction, std::uint64_t seed);
/// The last `fraction` of `rows` (global numbers; to the nearest row) is held out.
[[nodiscard]] PartRule holdout_last_rule(double fraction, RowRange rows);
/// About as many rows in each part: each by its hash.
[[nodiscard]] PartRule folds_rule(int folds, std::uint64_t seed);

/// "hold-out of 0.2, seed 0": for messages.
[[nodiscard]] std::string describe(const PartRule& rule);

}  // namespace arete
