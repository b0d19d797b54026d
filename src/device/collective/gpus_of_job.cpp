#include "device/collective/gpus_of_job.hpp"

#include <fmt/format.h>

#include "arete/comm/agree.hpp"

namespace arete::device {

std::optional<std::string> obstacle_to_collective(const std::vector<RankGpu>& gpus) {
  for (std::size_t rank = 0; rank < gpus.size(); ++rank) {
    if (!gpus[rank].has_nccl) return fmt::format("rank {} has no NCCL", rank);
    for (std::size_t other = 0; other < rank; ++other) {
      if (gpus[other].identity == gpus[rank].identity) {
        return fmt::format("ranks {} and {} share a GPU", other, rank);
      }
    }
  }
  return std::nullopt;
}

std::vector<RankGpu> gather_gpus(const RankGpu& own, Communicator& communicator) {
  return gather(own, communicator);
}

}  // namespace arete::device
