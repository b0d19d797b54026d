#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace arete {

/// Why an operation could not be done. The value is the exit code of the command.
enum class ErrorKind : int {
  internal = 1,     ///< a bug in Arete
  usage = 2,        ///< options that contradict each other or make no sense
  input = 3,        ///< data, labels, model or moments that cannot be used
  unavailable = 4,  ///< a device or feature that this installation or machine lacks
  unsolved = 5,     ///< no lambda could be solved, or the refit failed
  resource = 6,     ///< memory, disk or output failed
};

/// The only exception that Arete throws on purpose, but for OtherRankFailed among several
/// processes. The text names the file, the place, what was found, and what to do.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& text) : std::runtime_error(text), kind_(kind) {}
  [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }

 private:
  ErrorKind kind_;
};

/// Throws an Error whose text is formatted as by fmt::format.
template <typename... Arguments>
[[noreturn]] void fail(ErrorKind kind, fmt::format_string<Arguments...> text,
                       Arguments&&... arguments) {
  throw Error(kind, fmt::format(text, std::forward<Arguments>(arguments)...));
}

}  // namespace arete
