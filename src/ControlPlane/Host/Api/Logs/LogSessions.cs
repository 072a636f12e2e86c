using MicroVm.ControlPlane.Abstractions.Devices;
using MicroVm.ControlPlane.Host.Api.Devices;
using MicroVm.ControlPlane.Host.Api.Sessions;
using MicroVm.ControlPlane.Host.Storage.Directories;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Faults;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Sessions;

namespace MicroVm.ControlPlane.Host.Api.Logs;

/// <summary>Asks devices for logs.</summary>
internal sealed class LogSessions(SessionBroker broker, SessionTarget target, SqliteDeviceDirectory directory, IGrainFactory grains)
{
    /// <summary>Opens a session for a VM's log. The VM need not be there any more: its device may still have its log.</summary>
    internal async Task<(LogSession? Session, SessionFault? Fault)> OpenAsync(
        string device, string vm, SessionOpen open, CancellationToken cancellation)
    {
        if (!await DeviceEndpoints.IsKnownAsync(device, directory))
        {
            return (null, new SessionFault(StatusCodes.Status404NotFound, $"device: expected one that is known, found '{device}'"));
        }

        DeviceView? view = await grains.GetGrain<IDeviceGrain>(device).GetViewAsync();
        SessionFault? unknown = target.FindVmFault(device, vm, view);
        if (!ResourceName.TryParse(vm, out ResourceName name))
        {
            return (null, unknown);
        }

        if (await target.FindDeviceFaultAsync(DeviceId.Parse(device), view) is SessionFault away)
        {
            return (null, unknown ?? away with { Detail = away.Detail + "; its logs are on the device" });
        }

        BrokeredSession? session = broker.TryReserve(DeviceId.Parse(device), name, out SessionFault? full);
        return session is null ? (null, full) : await OpenAsync(session, open, unknown, cancellation);
    }

    private async Task<(LogSession? Session, SessionFault? Fault)> OpenAsync(
        BrokeredSession session, SessionOpen open, SessionFault? unknown, CancellationToken cancellation)
    {
        bool opened = false;
        try
        {
            (SessionChannel? channel, SessionFault? fault) = await broker.CallAsync(session, open, cancellation);
            if (channel is null)
            {
                return (null, fault);
            }

            Task<ReadOnlyMemory<byte>> first = channel.ReceiveAsync(cancellation).AsTask();
            await Task.WhenAny(first, session.Ended);
            SessionFrame frame = SessionFrame.Decode(first.IsCompleted ? await first : throw new IOException(await session.Ended));
            SessionRules.CheckAnswering(SessionKind.Logs, frame);
            if (frame.Kind == SessionFrameKind.Opened)
            {
                opened = true;
                return (new LogSession(session, channel), null);
            }

            string reason = frame.Kind == SessionFrameKind.Closed ? SessionClosed.Decode(frame.Content).Fault : "it sent a line before it opened the log";
            return (null, unknown ?? new SessionFault(StatusCodes.Status502BadGateway, $"device '{session.Device}': {reason}"));
        }
        catch (Exception e) when (e is IOException or WireFormatException)
        {
            return (null, new SessionFault(StatusCodes.Status502BadGateway, $"device '{session.Device}': {e.Message}"));
        }
        finally
        {
            if (!opened)
            {
                await session.DisposeAsync();
            }
        }
    }
}
