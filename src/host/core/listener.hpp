#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace arete {

/// What a long operation tells its caller while it runs. The library itself never prints.
/// Calls come from the thread that called the operation. A listener may throw to stop it.
class Listener {
 public:
  Listener() = default;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  virtual ~Listener() = default;

  /// `done` of `total` units of `stage` are finished; called between blocks and between lambdas.
  virtual void progress(std::string_view stage, std::uint64_t done, std::uint64_t total);
  /// The sums of `rows` of `total` rows were taken over from an earlier run (a checkpoint).
  virtual void resumed(std::uint64_t rows, std::uint64_t total);
  /// Something the user should know but that does not stop the operation.
  virtual void warning(const std::string& text);
};

}  // namespace arete
