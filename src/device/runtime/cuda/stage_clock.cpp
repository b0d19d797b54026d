#include "device/runtime/cuda/stage_clock.hpp"

#include <utility>

namespace arete::device {

namespace {

constexpr std::size_t most_closed = 1024;  // events that wait to be read

}  // namespace

Event StageClock::mark(cudaStream_t stream) noexcept {
  cudaEvent_t event = nullptr;
  if (cudaEventCreate(&event) != cudaSuccess) return nullptr;
  Event owner(event);
  return cudaEventRecord(event, stream) == cudaSuccess ? std::move(owner) : nullptr;
}

void StageClock::begin(Stage stage, cudaStream_t stream) noexcept {
  of(stage).open.begin = mark(stream);
}

void StageClock::end(Stage stage, cudaStream_t stream) noexcept {
  Times& times = of(stage);
  times.open.end = mark(stream);
  if (times.closed.size() >= most_closed) collect(times);
  if (times.open.begin == nullptr || times.open.end == nullptr) return;
  times.closed.push_back(std::exchange(times.open, {}));
}

void StageClock::collect(Times& times) noexcept {
  for (const Span& span : times.closed) {
    float milliseconds = 0;
    if (cudaEventSynchronize(span.end.get()) == cudaSuccess &&
        cudaEventElapsedTime(&milliseconds, span.begin.get(), span.end.get()) == cudaSuccess) {
      times.seconds += milliseconds / 1000;
    }
  }
  times.closed.clear();
}

double StageClock::seconds(Stage stage) noexcept {
  collect(of(stage));
  return of(stage).seconds;
}

}  // namespace arete::device
