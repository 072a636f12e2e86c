using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Faults;

namespace MicroVm.Shared.Sessions;

/// <summary>
/// Copies a session's frames between its two sides, one message in each direction at a time, so that who does not read is not
/// written for. Every frame is checked on its way.
/// </summary>
public sealed class SessionRelay
{
    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(2);

    private readonly SessionChannel _asking;
    private readonly SessionChannel _answering;
    private readonly SessionKind _kind;
    private readonly string _answerer;

    /// <summary>Prepares a relay; both channels stay the caller's.</summary>
    /// <param name="asking">The operator's side; its opening was read already.</param>
    /// <param name="answering">The side that was asked; it was sent the opening already.</param>
    /// <param name="kind">What the session is for.</param>
    /// <param name="answerer">Who answers, for the reason when it does not: <c>device edge-1</c>.</param>
    public SessionRelay(SessionChannel asking, SessionChannel answering, SessionKind kind, string answerer)
    {
        (_asking, _answering, _kind, _answerer) = (asking, answering, kind, answerer);
    }

    /// <summary>Runs until either side ends. The asking side has been told why when this returns, if it was still there.</summary>
    /// <param name="ended">Completes with a reason when the session is to end for another cause.</param>
    /// <returns>By whom it ended and why, in a line.</returns>
    public async Task<(SessionEnd End, string Reason)> RunAsync(Task<string> ended)
    {
        using CancellationTokenSource stop = new();
        Task<(SessionEnd End, string Reason)> down = DownAsync(stop.Token), up = UpAsync(stop.Token);
        Task first = await Task.WhenAny(up, down, ended);
        (SessionEnd End, string Reason) outcome = first == up ? await up : first == down ? await down : (SessionEnd.Relay, await ended);
        if (outcome.End != SessionEnd.Closed)
        {
            await TellAsync(outcome.Reason);
        }

        await _asking.EndAsync(outcome.Reason);
        await _answering.EndAsync(outcome.Reason);
        // What the other sides still say goodbye with is read, so that their connections end in order.
        Task both = Task.WhenAll(up, down);
        await both.WaitAsync(s_farewell).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await stop.CancelAsync();
        await both;
        return outcome;
    }

    private async Task TellAsync(string reason)
    {
        using CancellationTokenSource limit = new(s_farewell);
        try
        {
            await _asking.SendAsync(SessionFrameKind.Closed, new SessionClosed(0, reason).Encode(), limit.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // It does not read, or is gone.
        }
    }

    private Task<(SessionEnd End, string Reason)> DownAsync(CancellationToken stop) => CopyAsync(
        _asking,
        _answering,
        frame =>
        {
            SessionRules.CheckAsking(_kind, frame);
            return false;
        },
        (SessionEnd.AskingSide, "whoever asked"),
        (SessionEnd.AnsweringSide, _answerer),
        stop);

    private Task<(SessionEnd End, string Reason)> UpAsync(CancellationToken stop) => CopyAsync(
        _answering,
        _asking,
        frame =>
        {
            SessionRules.CheckAnswering(_kind, frame);
            return frame.Kind == SessionFrameKind.Closed;
        },
        (SessionEnd.AnsweringSide, _answerer),
        (SessionEnd.AskingSide, "whoever asked"),
        stop);

    /// <param name="from">Is read.</param>
    /// <param name="to">Is sent to.</param>
    /// <param name="check">Throws for a frame that may not be; true for the last one.</param>
    /// <param name="source">Who is read.</param>
    /// <param name="target">Who is sent to.</param>
    /// <param name="stop">Ends it.</param>
    private static async Task<(SessionEnd End, string Reason)> CopyAsync(
        SessionChannel from,
        SessionChannel to,
        Func<SessionFrame, bool> check,
        (SessionEnd End, string Name) source,
        (SessionEnd End, string Name) target,
        CancellationToken stop)
    {
        (SessionEnd End, string Name) acting = source;
        try
        {
            while (true)
            {
                acting = source;
                ReadOnlyMemory<byte> message = await from.ReceiveAsync(stop);
                if (message.IsEmpty)
                {
                    return (source.End, Gone(from, source.Name));
                }

                bool last = check(SessionFrame.Decode(message));
                acting = target;
                await to.SendAsync(message, stop);
                if (last)
                {
                    return (SessionEnd.Closed, "");
                }
            }
        }
        catch (WireFormatException e)
        {
            return (source.End, $"{source.Name}: {e.Message}");
        }
        catch (IOException e)
        {
            return (acting.End, $"the connection to {acting.Name} broke: {e.Message}");
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return (acting.End, "");
        }
    }

    private static string Gone(SessionChannel from, string name) => from is WebSocketChannel { CloseReason: { Length: > 0 } reason }
        ? $"{name} ended the session: {reason}"
        : $"{name} ended the session";
}
