using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Logs;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Faults;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Sessions;

namespace MicroVm.EdgeAgent.Sessions;

/// <summary>
/// The device's side of a session: reads what is wanted and, for a program or a port, copies frames to and from the guest's init.
/// Guests and operators alike send bad input until it is checked.
/// </summary>
/// <param name="find">What there is of a VM now.</param>
/// <param name="logs">Answers what is about logs.</param>
/// <param name="time">Clock of the limits.</param>
/// <param name="logger">Log.</param>
internal sealed class SessionAnswerer(Func<ResourceName, SessionVm> find, LogAnswerer logs, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan s_openLimit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(2);

    /// <summary>Answers one session to its end. Whatever goes wrong is told to the asking side.</summary>
    internal async Task AnswerAsync(SessionChannel asking, ResourceName vm, CancellationToken stopping)
    {
        try
        {
            SessionOpen open = await ReadOpenAsync(asking, stopping);
            Log.SessionOpened(logger, vm.Value, open.Kind.ToString());
            string? refusal = open.Kind == SessionKind.Logs
                ? await logs.AnswerAsync(asking, vm, open, stopping)
                : await AnswerFromGuestAsync(asking, vm, open, stopping);
            if (refusal is not null)
            {
                await RefuseAsync(asking, refusal);
            }
        }
        catch (WireFormatException e)
        {
            await RefuseAsync(asking, e.Message);
        }
        catch (IOException e)
        {
            Log.SessionEnded(logger, vm.Value, nameof(SessionEnd.AskingSide), e.Message);
        }
    }

    private async Task<string?> AnswerFromGuestAsync(SessionChannel asking, ResourceName vm, SessionOpen open, CancellationToken stopping)
    {
        SessionVm target = find(vm);
        if (target.Refusal.Length > 0)
        {
            return target.Refusal;
        }

        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        try
        {
            await using StreamChannel guest = await GuestDoor.ConnectAsync(target.VsockPath, time, stopping);
            await guest.SendAsync(SessionFrameKind.Open, open.Encode(), stopping);
            Task<string> gone = WhenGoneAsync(target.Stopped, vm, over.Token);
            (SessionEnd end, string reason) = await new SessionRelay(asking, guest, open.Kind, $"VM '{vm}'").RunAsync(gone);
            Log.SessionEnded(logger, vm.Value, end.ToString(), reason);
            await over.CancelAsync();
            await gone;
            return null;
        }
        catch (IOException e)
        {
            return $"VM '{vm}' runs, but {e.Message}";
        }
        catch (OperationCanceledException)
        {
            return "the agent is stopping";
        }
    }

    private static async Task<string> WhenGoneAsync(Task stopped, ResourceName vm, CancellationToken over)
    {
        try
        {
            await stopped.WaitAsync(over);
            return $"VM '{vm}' stopped";
        }
        catch (OperationCanceledException)
        {
            return "the agent is stopping";
        }
    }

    private async Task<SessionOpen> ReadOpenAsync(SessionChannel asking, CancellationToken stopping)
    {
        using CancellationTokenSource limit = new(s_openLimit, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(stopping, limit.Token);
        try
        {
            SessionFrame frame = SessionFrame.Decode(await asking.ReceiveAsync(either.Token));
            return frame.Kind == SessionFrameKind.Open
                ? SessionRules.CheckOpen(SessionOpen.Decode(frame.Content))
                : throw new WireFormatException($"session: expected {SessionFrameKind.Open} first, found {frame.Kind}");
        }
        catch (OperationCanceledException e)
        {
            throw new IOException("nothing was asked for in time", e);
        }
    }

    private static async Task RefuseAsync(SessionChannel asking, string reason)
    {
        using CancellationTokenSource limit = new(s_farewell);
        try
        {
            await asking.SendAsync(SessionFrameKind.Closed, new SessionClosed(0, reason).Encode(), limit.Token);
            await asking.EndAsync(reason);
            // What was sent before is read, so that the connection ends in order and the refusal arrives.
            while (!(await asking.ReceiveAsync(limit.Token)).IsEmpty)
            {
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or WireFormatException)
        {
            // Whoever asked has gone.
        }
    }
}
