#pragma once

#include "arete/comm/communicator.hpp"

namespace arete {

/// How many ranks of this rank's host are numbered below it. All ranks call it alike.
[[nodiscard]] int local_rank(Communicator& communicator);

}  // namespace arete
