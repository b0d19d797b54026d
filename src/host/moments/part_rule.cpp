#include "arete/moments/part_rule.hpp"

#include <cmath>
#include <numeric>

#include "arete/core/error.hpp"

namespace arete {

namespace {

__extension__ using Uint128 = unsigned __int128;

std::uint64_t mix(std::uint64_t x) noexcept {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

bool is_fraction(double fraction) noexcept { return fraction > 0.0 && fraction < 1.0; }

void require_fraction(double fraction) {
  if (!is_fraction(fraction)) {
    fail(ErrorKind::usage, "the held-out fraction is {}; it must lie between 0 and 1", fraction);
  }
}

/// The rule of the same kind without what that kind does not use.
PartRule reduced(const PartRule& rule) noexcept {
  PartRule result{.kind = rule.kind};
  switch (rule.kind) {
    case PartRule::Kind::none:
      break;
    case PartRule::Kind::holdout:
      result.seed = rule.seed;
      result.fraction = rule.fraction;
      break;
    case PartRule::Kind::holdout_last:
      result.first_held_out = rule.first_held_out;
      break;
    case PartRule::Kind::folds:
      result.seed = rule.seed;
      result.folds = rule.folds;
      break;
  }
  return result;
}

}  // namespace

std::uint64_t row_hash(std::uint64_t seed, std::uint64_t row) noexcept {
  return mix(mix(seed) ^ row);
}

bool is_valid(const PartRule& rule) noexcept {
  if (rule.kind > PartRule::Kind::folds || !(reduced(rule) == rule)) return false;
  if (rule.kind == PartRule::Kind::holdout) return is_fraction(rule.fraction);
  return rule.kind != PartRule::Kind::folds || rule.folds >= 2;
}

int part_count(const PartRule& rule) noexcept {
  switch (rule.kind) {
    case PartRule::Kind::none:
      return 1;
    case PartRule::Kind::holdout:
    case PartRule::Kind::holdout_last:
      return 2;
    case PartRule::Kind::folds:
      return rule.folds;
  }
  return 0;
}

int part_of(const PartRule& rule, std::uint64_t row) noexcept {
  switch (rule.kind) {
    case PartRule::Kind::none:
      return 0;
    case PartRule::Kind::holdout:
      // An integer is below a real number exactly when it is below its ceiling; and that fits,
      // as the largest fraction is 1 - 2^-53.
      return row_hash(rule.seed, row) <
             static_cast<std::uint64_t>(std::ceil(rule.fraction * 0x1p64));
    case PartRule::Kind::holdout_last:
      return row >= rule.first_held_out;
    case PartRule::Kind::folds: {
      const auto folds = static_cast<Uint128>(rule.folds);
      return static_cast<int>((row_hash(rule.seed, row) * folds) >> 64);
    }
  }
  return 0;
}

std::vector<int> held_out_parts(const PartRule& rule) {
  switch (rule.kind) {
    case PartRule::Kind::none:
      return {};
    case PartRule::Kind::holdout:
    case PartRule::Kind::holdout_last:
      return {1};
    case PartRule::Kind::folds: {
      std::vector<int> parts(static_cast<std::size_t>(rule.folds));
      std::iota(parts.begin(), parts.end(), 0);
      return parts;
    }
  }
  return {};
}

PartRule holdout_rule(double fraction, std::uint64_t seed) {
  require_fraction(fraction);
  return {.kind = PartRule::Kind::holdout, .seed = seed, .fraction = fraction};
}

PartRule holdout_last_rule(double fraction, RowRange rows) {
  require_fraction(fraction);
  const auto held_out =
      static_cast<std::uint64_t>(std::round(fraction * static_cast<double>(rows.size())));
  if (held_out == 0 || held_out >= rows.size()) {
    fail(ErrorKind::usage,
         "holding out the last {} of {} rows leaves {} to score and {} to train on; both need rows",
         fraction, rows.size(), held_out, rows.size() - held_out);
  }
  return {.kind = PartRule::Kind::holdout_last, .first_held_out = rows.last - held_out};
}

PartRule folds_rule(int folds, std::uint64_t seed) {
  if (folds < 2) {
    fail(ErrorKind::usage, "the number of folds is {}; it must be 2 or more", folds);
  }
  return {.kind = PartRule::Kind::folds, .seed = seed, .folds = folds};
}

std::string describe(const PartRule& rule) {
  switch (rule.kind) {
    case PartRule::Kind::none:
      return "one part";
    case PartRule::Kind::holdout:
      return fmt::format("hold-out of {}, seed {}", rule.fraction, rule.seed);
    case PartRule::Kind::holdout_last:
      return fmt::format("hold-out from row {} on", rule.first_held_out);
    case PartRule::Kind::folds:
      return fmt::format("{} folds, seed {}", rule.folds, rule.seed);
  }
  return {};
}

}  // namespace arete
