#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "arete/comm/communicator.hpp"

// Jobs whose ranks are threads of this process: what several ranks do, without a launcher. For
// tests.
namespace arete {

/// The communicators of such a job, by rank. Rank r takes itself to run on the machine hosts[r],
/// and waits so long in agree_on_failure() for the others.
[[nodiscard]] std::vector<std::unique_ptr<Communicator>> thread_communicators(
    const std::vector<std::string>& hosts,
    std::chrono::milliseconds time_limit = std::chrono::seconds(10));

/// Runs `body` on every rank, each in a thread of its own, and waits until all have ended. When one
/// throws, the others stop, and an Error is thrown that names the rank and the machine, is of the
/// kind of the exception, and has its text.
void run_as_threads(const std::vector<std::string>& hosts,
                    const std::function<void(Communicator&)>& body);
/// The same with `size` ranks on one machine.
void run_as_threads(int size, const std::function<void(Communicator&)>& body);

}  // namespace arete
