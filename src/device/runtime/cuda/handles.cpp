#include "device/runtime/cuda/handles.hpp"

#include "device/runtime/cuda/check.hpp"

namespace arete::device {

Stream make_stream() {
  cudaStream_t stream = nullptr;
  expect_success(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking),
                 "cudaStreamCreateWithFlags");
  return Stream(stream);
}

Event make_event(bool timed) {
  cudaEvent_t event = nullptr;
  const unsigned flags = timed ? cudaEventDefault : cudaEventDisableTiming;
  expect_success(cudaEventCreateWithFlags(&event, flags), "cudaEventCreateWithFlags");
  return Event(event);
}

DeviceBytes make_bytes(std::size_t bytes) {
  void* memory = nullptr;
  expect_success(cudaMalloc(&memory, bytes), "cudaMalloc");
  return DeviceBytes(memory);
}

}  // namespace arete::device
