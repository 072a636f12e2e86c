using MicroVm.EdgeAgent.Store;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Faults;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Sessions;

namespace MicroVm.EdgeAgent.Logs;

/// <summary>
/// Answers sessions of kind Logs from what the device keeps. A line is sent once it would survive a power cut, so whoever goes on
/// from its cursor later, over whatever happened to the device meanwhile, misses none and sees none twice.
/// </summary>
internal sealed class LogAnswerer(LogStore logs, Func<ResourceName, bool> isKnown, TimeProvider time)
{
    private const int Batch = 256;

    /// <summary>Lines that come within this time are synchronised together.</summary>
    private static readonly TimeSpan s_gathering = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(2);

    /// <summary>Answers to the end.</summary>
    /// <returns>Null, or why it could not be answered, in a line.</returns>
    /// <exception cref="IOException">The connection broke.</exception>
    internal async Task<string?> AnswerAsync(SessionChannel asking, ResourceName vm, SessionOpen open, CancellationToken stopping)
    {
        LogRing? ring;
        try
        {
            ring = isKnown(vm) ? logs.Open(vm) : logs.Find(vm);
        }
        catch (StoreException e)
        {
            return e.Message;
        }

        if (ring is null)
        {
            return $"VM '{vm}' is not on this device, and there is no log of it";
        }

        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        try
        {
            await asking.SendAsync(SessionFrameKind.Opened, default, stopping);
            Task gone = WhenGoneAsync(asking, over);
            string fault = await SendAsync(asking, ring, open, over.Token);
            await asking.SendAsync(SessionFrameKind.Closed, new SessionClosed(0, fault).Encode(), over.Token);
            await asking.EndAsync(fault);
            await gone.WaitAsync(s_farewell, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        catch (OperationCanceledException)
        {
            // Whoever asked is gone, or the agent is going; whoever follows goes on by the cursor.
        }

        await over.CancelAsync();
        return null;
    }

    /// <returns>Empty, or why not all of it was sent.</returns>
    private async Task<string> SendAsync(SessionChannel asking, LogRing ring, SessionOpen open, CancellationToken over)
    {
        try
        {
            using LogReader reader = new(ring, open.After ?? ring.CursorBefore(open.Tail));
            return await SendAsync(asking, ring, reader, open, over);
        }
        catch (StoreException e)
        {
            return e.Message;
        }
    }

    private async Task<string> SendAsync(SessionChannel asking, LogRing ring, LogReader reader, SessionOpen open, CancellationToken over)
    {
        ulong last = open.Follow ? ulong.MaxValue : ring.LastCursor;
        bool skipping = open.SinceUnixNs != 0;
        while (true)
        {
            IReadOnlyList<SessionLogEntry> entries = reader.Read(Math.Min(ring.Sync(), last), Batch);
            foreach (SessionLogEntry entry in entries)
            {
                skipping = skipping && entry.AtUnixNs < open.SinceUnixNs;
                await (skipping ? ValueTask.CompletedTask : asking.SendAsync(SessionFrameKind.LogEntry, entry.Encode(), over));
            }

            if (entries.Count > 0)
            {
                continue;
            }

            if (!open.Follow)
            {
                return "";
            }

            if (ring.IsGone)
            {
                return "the log was deleted: its VM is gone and its lines were too old";
            }

            await ring.WaitAsync(reader.Cursor, over);
            await Task.Delay(s_gathering, time, over);
        }
    }

    /// <summary>Nothing may come from the asking side any more: whatever does come is its end.</summary>
    private static async Task WhenGoneAsync(SessionChannel asking, CancellationTokenSource over)
    {
        try
        {
            await asking.ReceiveAsync(over.Token);
        }
        catch (Exception e) when (e is IOException or WireFormatException or OperationCanceledException)
        {
            // The same.
        }

        try
        {
            await over.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // The answer was over before.
        }
    }
}
