#include "device/collective/wait.hpp"

#include <thread>

#include "arete/core/error.hpp"

namespace arete::device {

namespace {

using namespace std::chrono_literals;

constexpr auto spinning = 2ms;  ///< in which most waits end
constexpr auto between_polls = 50us;
constexpr auto between_checks = 50ms;

}  // namespace

WaitClock real_clock() {
  return {[] { return std::chrono::steady_clock::now(); },
          [](std::chrono::microseconds time) { std::this_thread::sleep_for(time); }};
}

void wait_until_done(const Waiting& waiting, const WaitClock& clock) {
  const auto start = clock.now();
  auto checked = start;
  try {
    for (;;) {
      const Progress progress = waiting.poll();
      if (progress == Progress::done) return;
      if (progress == Progress::failed) {
        fail(ErrorKind::resource, "{} failed: {}", waiting.what, waiting.failure());
      }
      const auto now = clock.now();
      if (now - start > waiting.limit) {
        fail(ErrorKind::resource,
             "{} did not end within {} seconds; a process or a GPU of the job may have died",
             waiting.what, waiting.limit.count());
      }
      if (now - checked > between_checks) {
        checked = now;
        waiting.check();
      }
      if (now - start > spinning) clock.sleep(between_polls);
    }
  } catch (...) {
    waiting.abort();
    throw;
  }
}

}  // namespace arete::device
