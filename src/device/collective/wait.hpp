#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace arete::device {

/// How far something is that is waited for.
enum class Progress : std::uint8_t { done, pending, failed };

/// The time, as tests may set it.
struct WaitClock {
  std::function<std::chrono::steady_clock::time_point()> now;
  std::function<void(std::chrono::microseconds)> sleep;
};

[[nodiscard]] WaitClock real_clock();

/// What waiting needs of those who wait.
struct Waiting {
  std::string_view what;                 ///< for messages: "the sum over GPUs"
  std::chrono::seconds limit{};          ///< after which nobody is expected to come
  std::function<Progress()> poll;        ///< never blocks
  std::function<std::string()> failure;  ///< what went wrong, after Progress::failed
  std::function<void()> check;           ///< throws when there is another reason to end
  std::function<void()> abort;           ///< gives up; called once, before an error is thrown
};

/// Polls until it is done. Ends in any case: NCCL does not notice a rank that dies on the same
/// host, and would wait for ever. Throws Error (resource) for a failure and at the time limit, and
/// what `check` throws.
void wait_until_done(const Waiting& waiting, const WaitClock& clock);

}  // namespace arete::device
