using MicroVm.ControlPlane.Abstractions.Identity;
using MicroVm.ControlPlane.Host.Identity;
using MicroVm.Shared.Codecs.Cose;
using MicroVm.Shared.Contracts.Commands;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Topics;

namespace MicroVm.ControlPlane.Host.Gateway;

/// <summary>
/// Sends signed commands to devices. Like everything else they follow from comparing: a device that says hello with an older trust
/// bundle is sent the newer one, one that is being decommissioned is told so, each time until it replied.
/// </summary>
internal sealed class DeviceCommander : IDisposable
{
    private readonly Fleet _fleet;
    private readonly IDeviceIdentities _identities;
    private readonly ConnectionRegistry _registry;
    private readonly DownlinkSender _downlinks;
    private readonly IGrainFactory _grains;
    private readonly TimeProvider _time;
    private readonly ILogger<DeviceCommander> _logger;
    private readonly PendingCommands _pending = new();

    public DeviceCommander(
        Fleet fleet,
        IDeviceIdentities identities,
        ConnectionRegistry registry,
        DownlinkSender downlinks,
        IGrainFactory grains,
        TimeProvider time,
        ILogger<DeviceCommander> logger)
    {
        (_fleet, _identities, _registry, _downlinks, _grains, _time, _logger) = (fleet, identities, registry, downlinks, grains, time, logger);
        fleet.TrustChanged += OnTrustChanged;
        identities.Changed += OnIdentityChanged;
    }

    /// <summary>Raised when a device will not call back for a session: the device, the session and why.</summary>
    internal event Action<DeviceId, Guid, string>? SessionRefused;

    /// <summary>Asks a device to call back for a session; false when it is not connected. Its reply names the session.</summary>
    internal Task<bool> OpenSessionAsync(DeviceId device, SessionOrder order) =>
        _registry.Find(device) is DeviceConnection connection && _identities.Find(device.Value) is DeviceIdentity identity
            ? SendAsync(connection, new DeviceCommand(order.Session, CommandKind.OpenSession, order.Encode()), identity.TrustVersion)
            : Task.FromResult(false);

    /// <summary>Has a device do something and waits for its reply.</summary>
    /// <returns>Why it is not done, empty when it is; null when the device is not connected.</returns>
    /// <exception cref="TimeoutException">There was no reply in time; the command may still be carried out.</exception>
    internal async Task<string?> AskAsync(DeviceId device, CommandKind kind, byte[] argument, CancellationToken cancellation)
    {
        if (_registry.Find(device) is not DeviceConnection connection || _identities.Find(device.Value) is not DeviceIdentity identity)
        {
            return null;
        }

        DeviceCommand command = new(Guid.NewGuid(), kind, argument);
        return await _pending.AskAsync(device, command, () => SendAsync(connection, command, identity.TrustVersion), GatewayLimits.Reply, _time, cancellation);
    }

    /// <summary>A device said hello: tells it what it has to know before anything else.</summary>
    internal async Task GreetAsync(DeviceConnection connection, ulong trustVersion)
    {
        if (_identities.Find(connection.Device.Value) is not DeviceIdentity identity)
        {
            return;
        }

        if (identity.PublicKey.Length == 0)
        {
            await _grains.GetGrain<IEnrolmentGrain>(identity.Device).HasKeyAsync(connection.PublicKey);
        }

        if (identity.TrustVersion != trustVersion)
        {
            await _grains.GetGrain<IEnrolmentGrain>(identity.Device).TrustsAsync(trustVersion);
        }

        if (trustVersion < _fleet.Trust.Version)
        {
            await SendTrustAsync(connection, trustVersion);
        }

        if (identity.State == IdentityState.Decommissioning)
        {
            await SendAsync(connection, CommandKind.Decommission, [], trustVersion);
        }
    }

    /// <summary>A device replied to a command.</summary>
    internal async Task RepliedAsync(DeviceConnection connection, CommandReply reply)
    {
        string device = connection.Device.Value;
        _pending.Replied(connection.Device, reply);
        if (reply.Refusal.Length > 0)
        {
            GatewayLog.CommandRefused(_logger, device, reply.Kind.ToString(), reply.Refusal);
            if (reply.Kind == CommandKind.OpenSession)
            {
                SessionRefused?.Invoke(connection.Device, reply.CommandId, reply.Refusal);
            }
        }
        else if (reply.Kind == CommandKind.Trust && connection.TrustSent > 0)
        {
            await _grains.GetGrain<IEnrolmentGrain>(device).TrustsAsync(connection.TrustSent);
        }
        else if (reply.Kind == CommandKind.Decommission)
        {
            await _grains.GetGrain<IEnrolmentGrain>(device).WipedAsync();
        }
    }

    public void Dispose()
    {
        _fleet.TrustChanged -= OnTrustChanged;
        _identities.Changed -= OnIdentityChanged;
    }

    private Task SendTrustAsync(DeviceConnection connection, ulong trustVersion)
    {
        connection.TrustSent = _fleet.Trust.Version;
        return SendAsync(connection, CommandKind.Trust, _fleet.Trust.Encode(), trustVersion);
    }

    private Task SendAsync(DeviceConnection connection, CommandKind kind, byte[] argument, ulong trustVersion) =>
        SendAsync(connection, new DeviceCommand(Guid.NewGuid(), kind, argument), trustVersion);

    private Task<bool> SendAsync(DeviceConnection connection, DeviceCommand command, ulong trustVersion)
    {
        string audience = DeviceCommand.Audience(connection.Device, Digest.Parse(connection.KeyDigest));
        return _downlinks.SendAsync(
            connection, DownlinkKind.Command, _fleet.Sign(SignedPurpose.Command, audience, command.Encode(), trustVersion));
    }

    private void OnTrustChanged()
    {
        foreach (DeviceConnection connection in _registry.All())
        {
            ulong known = _identities.Find(connection.Device.Value)?.TrustVersion ?? 0;
            if (known < _fleet.Trust.Version)
            {
                SendTrustAsync(connection, known).Ignore();
            }
        }
    }

    private void OnIdentityChanged(DeviceIdentity identity)
    {
        if (identity.State == IdentityState.Decommissioning
            && DeviceId.TryParse(identity.Device, out DeviceId device) && _registry.Find(device) is DeviceConnection connection)
        {
            SendAsync(connection, CommandKind.Decommission, [], identity.TrustVersion).Ignore();
        }
    }
}
