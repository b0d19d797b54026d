#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "arete/comm/communicator.hpp"

namespace arete::device {

/// The GPU of one rank.
struct RankGpu {
  bool has_nccl = false;
  std::array<std::byte, 16> identity{};  ///< of the GPU, unique in the world
};

/// Why the ranks cannot sum over their GPUs directly; nothing when they can. The same on every
/// rank.
[[nodiscard]] std::optional<std::string> obstacle_to_collective(const std::vector<RankGpu>& gpus);

/// What every rank says, by rank, on every rank.
[[nodiscard]] std::vector<RankGpu> gather_gpus(const RankGpu& own, Communicator& communicator);

}  // namespace arete::device
