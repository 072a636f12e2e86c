using MicroVm.ControlPlane.Host.Api.Sessions;
using MicroVm.ControlPlane.Host.Storage.Telemetry;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Faults;
using MicroVm.Shared.Sessions;

namespace MicroVm.ControlPlane.Host.Api.Logs;

/// <summary>A session of kind Logs that the control plane itself asked for.</summary>
internal sealed class LogSession(BrokeredSession session, SessionChannel device) : IAsyncDisposable
{
    /// <summary>The next line; null when there are no more, or none can come any more.</summary>
    internal async Task<LogEntryView?> NextAsync(CancellationToken cancellation)
    {
        try
        {
            Task<ReadOnlyMemory<byte>> next = device.ReceiveAsync(cancellation).AsTask();
            if (await Task.WhenAny(next, session.Ended) != next || (await next).IsEmpty)
            {
                return null;
            }

            SessionFrame frame = SessionFrame.Decode(await next);
            SessionRules.CheckAnswering(SessionKind.Logs, frame);
            return frame.Kind == SessionFrameKind.LogEntry ? View(SessionLogEntry.Decode(frame.Content)) : null;
        }
        catch (Exception e) when (e is IOException or WireFormatException)
        {
            // Broken, or no device of ours: nothing more is to be had of it.
            return null;
        }
    }

    /// <summary>Lines up to the last, at most a number of them.</summary>
    internal async Task<List<LogEntryView>> ReadAsync(int most, CancellationToken cancellation)
    {
        List<LogEntryView> lines = [];
        while (lines.Count < most && await NextAsync(cancellation) is LogEntryView line)
        {
            lines.Add(line);
        }

        return lines;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await device.EndAsync("");
        await session.DisposeAsync();
    }

    private LogEntryView View(SessionLogEntry entry) => new(
        (long)Math.Min(entry.Cursor, long.MaxValue),
        session.Device.Value,
        session.Vm.Value,
        DeviceClock.FromUnixNs(entry.AtUnixNs),
        entry.Stream == LogStream.Stderr ? "stderr" : "stdout",
        entry.Text);
}
