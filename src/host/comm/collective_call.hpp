#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace arete {

/// What a rank asks of the others. Ranks that ask for different things would wait for each other in
/// vain, or overwrite memory: communicators compare before they exchange anything.
struct CollectiveCall {
  enum class Kind : std::uint8_t { broadcast, sum_of_reals, sum_of_integers, gather };
  Kind kind = Kind::broadcast;
  int root = 0;           ///< of a broadcast
  std::size_t count = 0;  ///< bytes, or values of a sum; 0 where it may differ

  bool operator==(const CollectiveCall&) const = default;
};

/// A number that tells two calls apart in a job of `size` ranks; not negative.
[[nodiscard]] std::int64_t number_of(const CollectiveCall& call, int size) noexcept;

/// Throws Error (internal), which says what this rank has asked for.
[[noreturn]] void fail_on_different_calls(const CollectiveCall& own);

}  // namespace arete
