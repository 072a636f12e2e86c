using System.Collections.Concurrent;
using MicroVm.Shared.Contracts.Commands;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Host.Gateway;

/// <summary>Commands whose reply somebody waits for.</summary>
internal sealed class PendingCommands
{
    private readonly ConcurrentDictionary<(DeviceId Device, Guid Command), TaskCompletionSource<string>> _waiting = [];

    /// <summary>
    /// Sends a command and waits for its reply. Not waiting any longer does not take the command back: it may still be done.
    /// </summary>
    /// <param name="device">The device.</param>
    /// <param name="command">The command.</param>
    /// <param name="send">Sends it; false when the device is not connected.</param>
    /// <param name="limit">Longest wait.</param>
    /// <param name="time">Whose time it is.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The refusal, empty when there is none; null when the device is not connected.</returns>
    /// <exception cref="TimeoutException">There was no reply in time.</exception>
    internal async Task<string?> AskAsync(
        DeviceId device, DeviceCommand command, Func<Task<bool>> send, TimeSpan limit, TimeProvider time, CancellationToken cancellation)
    {
        TaskCompletionSource<string> reply = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[(device, command.Id)] = reply;
        try
        {
            return await send() ? await reply.Task.WaitAsync(limit, time, cancellation) : null;
        }
        finally
        {
            _waiting.TryRemove((device, command.Id), out _);
        }
    }

    /// <summary>A device replied; nothing happens when nobody waits for it.</summary>
    internal void Replied(DeviceId device, CommandReply reply)
    {
        if (_waiting.TryRemove((device, reply.CommandId), out TaskCompletionSource<string>? waiting))
        {
            waiting.TrySetResult(reply.Refusal);
        }
    }
}
