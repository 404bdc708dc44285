// SPDX-License-Identifier: Apache-2.0
// The names Raykeep uses of Boost.Asio, with the concrete executor: a type-erased one costs an allocation and an
// indirect call at every step of a connection.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

namespace raykeep::http {

namespace asio = boost::asio;

using Executor = asio::io_context::executor_type;
template <typename T>
using Awaitable = asio::awaitable<T, Executor>;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;

// Errors come back as a value: co_await op(kNoThrow) gives a tuple that starts with the error code.
inline constexpr asio::as_tuple_t<asio::use_awaitable_t<Executor>> kNoThrow{asio::use_awaitable_t<Executor>{}};

}  // namespace raykeep::http
