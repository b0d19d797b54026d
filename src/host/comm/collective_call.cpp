#include "arete/comm/collective_call.hpp"

#include <limits>

#include "arete/core/error.hpp"

namespace arete {

namespace {

std::string describe(const CollectiveCall& call) {
  using Kind = CollectiveCall::Kind;
  switch (call.kind) {
    case Kind::broadcast:
      return fmt::format("{} bytes of rank {}", call.count, call.root);
    case Kind::sum_of_reals:
      return fmt::format("the sum of {} reals", call.count);
    case Kind::sum_of_integers:
      return fmt::format("the sum of {} integers", call.count);
    case Kind::gather:
      return "the bytes of every rank";
  }
  return "nothing";
}

}  // namespace

std::int64_t number_of(const CollectiveCall& call, int size) noexcept {
  constexpr std::uint64_t kinds = 4;
  const std::uint64_t number =
      (call.count * static_cast<std::uint64_t>(size) + static_cast<std::uint64_t>(call.root)) *
          kinds +
      static_cast<std::uint64_t>(call.kind);
  return static_cast<std::int64_t>(number % std::numeric_limits<std::int64_t>::max());
}

void fail_on_different_calls(const CollectiveCall& own) {
  fail(ErrorKind::internal, "the ranks part ways: this one expects {}, and others something else",
       describe(own));
}

}  // namespace arete
