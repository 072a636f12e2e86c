using System.Security.Claims;
using MicroVm.ControlPlane.Host.Auth;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Faults;
using MicroVm.Shared.Sessions;

namespace MicroVm.ControlPlane.Host.Api.Sessions;

/// <summary>Runs the sessions that operators open.</summary>
internal sealed partial class OperatorSessions(SessionBroker broker, SessionNotes notes, TimeProvider time, ILogger<OperatorSessions> logger)
{
    /// <summary>Runs one from its first frame to its end. Whatever goes wrong is told to the operator's side.</summary>
    internal async Task RunAsync(WebSocketChannel asking, BrokeredSession session, ClaimsPrincipal caller, CancellationToken cancellation)
    {
        try
        {
            SessionOpen open = await ReadOpenAsync(asking, session, cancellation);
            bool allowed = open.Kind == SessionKind.Logs || ApiAuthorization.Has(caller, Role.Operator);
            if (open.Kind != SessionKind.Logs)
            {
                await notes.AddAsync(caller, session, open, allowed ? StatusCodes.Status101SwitchingProtocols : StatusCodes.Status403Forbidden);
            }

            if (!allowed)
            {
                await RefuseAsync(asking, $"role: expected operator or admin for {open.Kind}, found {CallerClaims.RoleOf(caller)}", cancellation);
                return;
            }

            (SessionChannel? device, SessionFault? fault) = await broker.CallAsync(session, open, cancellation);
            if (device is null)
            {
                await RefuseAsync(asking, fault!.Detail, cancellation);
                return;
            }

            SessionRelay relay = new(asking, device, open.Kind, $"device '{session.Device}'");
            (SessionEnd end, string reason) = await relay.RunAsync(session.Ended);
            Ended(logger, session.Device.Value, session.Vm.Value, open.Kind, end, reason);
        }
        catch (WireFormatException e)
        {
            await RefuseAsync(asking, e.Message, cancellation);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            Ended(logger, session.Device.Value, session.Vm.Value, default, SessionEnd.AskingSide, e.Message);
        }
    }

    private async Task<SessionOpen> ReadOpenAsync(WebSocketChannel asking, BrokeredSession session, CancellationToken cancellation)
    {
        using CancellationTokenSource limit = new(SessionLimits.Opening, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        Task<ReadOnlyMemory<byte>> first = asking.ReceiveAsync(either.Token).AsTask();
        if (await Task.WhenAny(first, session.Ended) != first)
        {
            throw new WireFormatException(await session.Ended);
        }

        SessionFrame frame = SessionFrame.Decode(await first);
        return frame.Kind == SessionFrameKind.Open
            ? SessionRules.CheckOpen(SessionOpen.Decode(frame.Content))
            : throw new WireFormatException($"session: expected {SessionFrameKind.Open} first, found {frame.Kind}");
    }

    private static async Task RefuseAsync(WebSocketChannel asking, string reason, CancellationToken cancellation)
    {
        try
        {
            await asking.SendAsync(SessionFrameKind.Closed, new SessionClosed(0, reason).Encode(), cancellation);
            await asking.EndAsync(reason);
            // The client closes as well; until then the answer may still be on its way.
            await asking.ReceiveAsync(cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(2), cancellation);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or WireFormatException or TimeoutException)
        {
            // Whoever asked has gone.
        }
    }

    [LoggerMessage(3100, LogLevel.Information, "session: {Device}/{Vm}: {Kind} ended by {End} {Reason}")]
    private static partial void Ended(ILogger logger, string device, string vm, SessionKind kind, SessionEnd end, string reason);
}
