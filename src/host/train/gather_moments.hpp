#pragma once

#include "arete/backend/backend.hpp"
#include "arete/core/listener.hpp"
#include "arete/moments/moments_file.hpp"
#include "arete/train/fit.hpp"

namespace arete {

/// One pass over rows `rows` of `source`: the moments of every part of options.rule.
/// Throws as fit does.
[[nodiscard]] MomentsSet gather_moments(const RowSource& source, RowRange rows,
                                        const FitOptions& options, Backend& backend,
                                        Communicator& communicator, Listener& listener);

}  // namespace arete
