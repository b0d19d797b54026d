#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "arete/core/error.hpp"
#include "device/collective/gpus_of_job.hpp"
#include "device/collective/make_collective.hpp"
#include "device/collective/nccl_library.hpp"
#include "device/collective/wait.hpp"
#include "device/runtime/cuda/check.hpp"
#include "device/runtime/cuda/handles.hpp"

namespace arete::device {

namespace {

using namespace std::chrono_literals;

constexpr auto time_to_meet = 120s;
constexpr auto time_to_sum = 120s;
constexpr auto time_to_part = 10s;

/// NCCL's communicator, never blocking. Whatever is begun is waited for within a time limit, and
/// aborted when it does not end.
class NcclCollective final : public Collective {
 public:
  NcclCollective(NcclLibrary nccl, const ncclUniqueId& id, Communicator& communicator)
      : nccl_(std::move(nccl)), communicator_(communicator), stream_(make_stream()) {
    ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
    config.blocking = 0;
    start(nccl_.init(&comm_, communicator.size(), id, communicator.rank(), &config),
          "ncclCommInitRankConfig");
    wait("the meeting of the GPUs", time_to_meet, [this] { return call_progress(); });
  }

  ~NcclCollective() override {
    if (comm_ == nullptr) return;
    try {
      start(nccl_.finalize(comm_), "ncclCommFinalize");
      wait("the parting of the GPUs", time_to_part, [this] { return call_progress(); });
      static_cast<void>(nccl_.destroy(comm_));
    } catch (...) {  // NOLINT(bugprone-empty-catch): it was aborted, and the sums are there
    }
  }
  NcclCollective(const NcclCollective&) = delete;
  NcclCollective& operator=(const NcclCollective&) = delete;

  void all_reduce_sum(double* values, std::size_t count) override {
    start(nccl_.all_reduce(values, values, count, ncclDouble, ncclSum, comm_, stream_.get()),
          "ncclAllReduce");
    wait("the sum over the GPUs", time_to_sum, [this] { return stream_progress(); });
  }

 private:
  void start(ncclResult_t result, const char* call) {
    if (result == ncclSuccess || result == ncclInProgress) return;
    give_up();
    fail(ErrorKind::resource, "{} failed: {}", call, nccl_.error_string(result));
  }

  void wait(std::string_view what, std::chrono::seconds limit,
            const std::function<Progress()>& poll) {
    wait_until_done({what, limit, poll, [this] { return failure_; },
                     [this] { communicator_.check(); }, [this] { give_up(); }},
                    real_clock());
  }

  /// Of the last call.
  Progress call_progress() {
    ncclResult_t state = ncclSuccess;
    const ncclResult_t asked = nccl_.async_error(comm_, &state);
    const ncclResult_t result = asked != ncclSuccess ? asked : state;
    if (result == ncclSuccess) return Progress::done;
    if (result == ncclInProgress) return Progress::pending;
    failure_ = nccl_.error_string(result);
    return Progress::failed;
  }

  /// Of the last call, and of what it gave to the stream.
  Progress stream_progress() {
    const Progress call = call_progress();
    if (call != Progress::done) return call;
    const cudaError_t status = cudaStreamQuery(stream_.get());
    if (status == cudaSuccess) return Progress::done;
    if (status == cudaErrorNotReady) {
      static_cast<void>(cudaGetLastError());  // it is no error
      return Progress::pending;
    }
    failure_ = cudaGetErrorString(status);
    return Progress::failed;
  }

  void give_up() noexcept {
    if (comm_ != nullptr) static_cast<void>(nccl_.abort(std::exchange(comm_, nullptr)));
  }

  NcclLibrary nccl_;
  Communicator& communicator_;
  Stream stream_;
  ncclComm_t comm_ = nullptr;
  std::string failure_;
};

RankGpu own_gpu(int index, const NcclLibrary& nccl) {
  RankGpu gpu;
  gpu.has_nccl = nccl.missing.empty();
  cudaDeviceProp properties{};
  expect_success(cudaGetDeviceProperties(&properties, index), "cudaGetDeviceProperties");
  static_assert(sizeof properties.uuid == sizeof gpu.identity);
  std::memcpy(gpu.identity.data(), &properties.uuid, sizeof gpu.identity);
  return gpu;
}

std::unique_ptr<Collective> meet(int index, Communicator& communicator) {
  NcclLibrary nccl = load_nccl();
  const auto gpus = gather_gpus(own_gpu(index, nccl), communicator);
  if (obstacle_to_collective(gpus)) return nullptr;
  ncclUniqueId id{};
  if (communicator.rank() == 0) {
    const ncclResult_t result = nccl.get_unique_id(&id);
    if (result != ncclSuccess) {
      fail(ErrorKind::resource, "ncclGetUniqueId failed: {}", nccl.error_string(result));
    }
  }
  communicator.broadcast(std::as_writable_bytes(std::span(&id, 1)), 0);
  return std::make_unique<NcclCollective>(std::move(nccl), id, communicator);
}

}  // namespace

CollectiveFactory collective_on(int index) {
  return [index](Communicator& communicator) { return meet(index, communicator); };
}

}  // namespace arete::device
