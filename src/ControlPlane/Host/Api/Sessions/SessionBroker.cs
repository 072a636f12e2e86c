using MicroVm.ControlPlane.Abstractions.Identity;
using MicroVm.ControlPlane.Host.Gateway;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Sessions;

namespace MicroVm.ControlPlane.Host.Api.Sessions;

/// <summary>
/// Brings the two sides of sessions together. A device is told of a session by a signed command on its MQTT connection and calls
/// back under the session's id, which is good for that device and once. In a cluster both sides have to come to this node.
/// </summary>
internal sealed class SessionBroker : IDisposable
{
    private readonly DeviceCommander _commander;
    private readonly IDeviceIdentities _identities;
    private readonly TimeProvider _time;
    private readonly CancellationTokenRegistration _stopping;
    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, BrokeredSession> _waiting = [];
    private readonly HashSet<BrokeredSession> _sessions = [];

    public SessionBroker(DeviceCommander commander, IDeviceIdentities identities, IHostApplicationLifetime lifetime, TimeProvider time)
    {
        (_commander, _identities, _time) = (commander, identities, time);
        commander.SessionRefused += OnRefused;
        identities.Changed += OnIdentityChanged;
        _stopping = lifetime.ApplicationStopping.Register(() => EndAll(static _ => true, "the control plane is stopping"));
    }

    /// <summary>Sessions that there are.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _sessions.Count;
            }
        }
    }

    /// <summary>Takes a place for a session; null when there is none left.</summary>
    internal BrokeredSession? TryReserve(DeviceId device, ResourceName vm, out SessionFault? fault)
    {
        lock (_lock)
        {
            int ofDevice = _sessions.Count(session => session.Device == device);
            fault = ofDevice >= SessionLimits.PerDevice
                ? new SessionFault(StatusCodes.Status503ServiceUnavailable, $"device '{device}': {ofDevice} sessions are open, which is as many as may be; close one and try again")
                : _sessions.Count >= SessionLimits.Overall
                    ? new SessionFault(StatusCodes.Status503ServiceUnavailable, $"{_sessions.Count} sessions are open, which is as many as this control plane takes; try again later")
                    : null;
            if (fault is not null)
            {
                return null;
            }

            BrokeredSession session = new(this, device, vm);
            _sessions.Add(session);
            return session;
        }
    }

    /// <summary>Has the device call back and tells it what is wanted.</summary>
    /// <returns>The device's end, which is the session's, or why there is none.</returns>
    internal async Task<(SessionChannel? Device, SessionFault? Fault)> CallAsync(
        BrokeredSession session, SessionOpen open, CancellationToken cancellation)
    {
        lock (_lock)
        {
            _waiting.Add(session.Id, session);
        }

        try
        {
            if (!await _commander.OpenSessionAsync(session.Device, new SessionOrder(session.Id, session.Vm)))
            {
                return (null, new SessionFault(StatusCodes.Status503ServiceUnavailable, $"device '{session.Device}' is not connected"));
            }

            await Task.WhenAny(session.Called, session.Ended).WaitAsync(SessionLimits.CallBack, _time, cancellation);
            if (!session.Called.IsCompletedSuccessfully)
            {
                return (null, new SessionFault(StatusCodes.Status503ServiceUnavailable, await session.Ended));
            }

            SessionChannel channel = await session.Called;
            await channel.SendAsync(SessionFrameKind.Open, open.Encode(), cancellation);
            return (channel, null);
        }
        catch (TimeoutException)
        {
            return (null, new SessionFault(
                StatusCodes.Status504GatewayTimeout,
                $"device '{session.Device}' was asked, but did not call back within {SessionLimits.CallBack.TotalSeconds:0} s: its network may be slow, or its agent too old for sessions"));
        }
        catch (IOException e)
        {
            return (null, new SessionFault(StatusCodes.Status502BadGateway, $"the connection to device '{session.Device}' broke: {e.Message}"));
        }
        finally
        {
            lock (_lock)
            {
                _waiting.Remove(session.Id);
            }
        }
    }

    /// <summary>The session that a device calls back for; null when there is none of that id for it, or it was taken already.</summary>
    internal BrokeredSession? Take(Guid id, DeviceId device)
    {
        lock (_lock)
        {
            return _waiting.TryGetValue(id, out BrokeredSession? session) && session.Device == device && _waiting.Remove(id) ? session : null;
        }
    }

    internal void Release(BrokeredSession session)
    {
        lock (_lock)
        {
            _sessions.Remove(session);
            _waiting.Remove(session.Id);
        }
    }

    public void Dispose()
    {
        _stopping.Dispose();
        _commander.SessionRefused -= OnRefused;
        _identities.Changed -= OnIdentityChanged;
    }

    private void OnRefused(DeviceId device, Guid id, string refusal) =>
        EndAll(session => session.Id == id && session.Device == device, $"device '{device}' refused: {refusal}");

    private void OnIdentityChanged(DeviceIdentity identity)
    {
        if (identity.State != IdentityState.Active)
        {
            EndAll(session => session.Device.Value == identity.Device, $"device '{identity.Device}' is {identity.State.ToString().ToLowerInvariant()}");
        }
    }

    private void EndAll(Func<BrokeredSession, bool> which, string reason)
    {
        BrokeredSession[] ended;
        lock (_lock)
        {
            ended = [.. _sessions.Where(which)];
        }

        foreach (BrokeredSession session in ended)
        {
            session.End(reason);
        }
    }
}
