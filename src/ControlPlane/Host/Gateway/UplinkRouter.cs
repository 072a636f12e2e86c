using MicroVm.ControlPlane.Abstractions.Devices;
using MicroVm.ControlPlane.Host.Storage.Telemetry;
using MicroVm.Shared.Contracts.Commands;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Faults;
using MicroVm.Shared.Topics;
using MQTTnet.Protocol;

namespace MicroVm.ControlPlane.Host.Gateway;

/// <summary>Decodes an uplink and hands it to the device's grain, or telemetry to its tables. When it returns the news is durable.</summary>
internal sealed class UplinkRouter(
    IGrainFactory grains,
    TelemetryStore telemetry,
    DownlinkSender downlinks,
    DeviceCommander commander,
    GatewayCounters counters,
    ILogger<UplinkRouter> logger)
{
    internal async Task<UplinkOutcome> RouteAsync(DeviceConnection connection, UplinkKind kind, ReadOnlyMemory<byte> payload)
    {
        counters.Uplink();
        try
        {
            return kind switch
            {
                UplinkKind.Hello => await HelloAsync(connection, Hello.Decode(payload)),
                UplinkKind.Reported => await ReportedAsync(connection, ReportedState.Decode(payload)),
                UplinkKind.Telemetry => await TelemetryAsync(connection, TelemetryBatch.Decode(payload)),
                UplinkKind.Reply => await ReplyAsync(connection, CommandReply.Decode(payload)),
                _ => Refused($"{kind} is not taken by this version"),
            };
        }
        catch (WireFormatException e)
        {
            counters.UplinkMalformed();
            return new UplinkOutcome(MqttPubAckReasonCode.PayloadFormatInvalid, e.Message);
        }
        catch (Exception e)
        {
            // The device keeps the message and sends it again: nothing is lost, and the connection is not at fault.
            counters.UplinkFailed();
            GatewayLog.UplinkFailed(logger, connection.Device.Value, kind, e);
            return new UplinkOutcome(MqttPubAckReasonCode.UnspecifiedError, "the control plane could not keep it");
        }
    }

    private async Task<UplinkOutcome> HelloAsync(DeviceConnection connection, Hello hello)
    {
        connection.SaidHello = true;
        // First what it trusts, then what is signed: both go down in this order.
        await commander.GreetAsync(connection, hello.TrustVersion);
        await Grain(connection).HelloAsync(new GatewayLink(downlinks.Reference, connection.Ordinal), hello);
        return UplinkOutcome.Taken;
    }

    private async Task<UplinkOutcome> ReportedAsync(DeviceConnection connection, ReportedState report)
    {
        switch (await Grain(connection).ReportedAsync(report))
        {
            case UplinkVerdict.Unregistered:
                return Refused("expected a hello first");
            case UplinkVerdict.Stale:
                counters.UplinkStale();
                return UplinkOutcome.Taken;
            default:
                return UplinkOutcome.Taken;
        }
    }

    private async Task<UplinkOutcome> TelemetryAsync(DeviceConnection connection, TelemetryBatch batch)
    {
        switch (await telemetry.StoreAsync(connection.Device, batch))
        {
            case TelemetryVerdict.Unregistered:
                return Refused("expected a hello first");
            case TelemetryVerdict.Duplicate:
                counters.TelemetryDuplicate();
                break;
            default:
                counters.TelemetryBatch();
                counters.LogLineIgnored(batch.Logs.Count);
                break;
        }

        Ack ack = new(batch.Header.BootId, batch.Header.Sequence);
        await downlinks.SendAsync(connection, DownlinkKind.Ack, ack.Encode());
        return UplinkOutcome.Taken;
    }

    private async Task<UplinkOutcome> ReplyAsync(DeviceConnection connection, CommandReply reply)
    {
        await commander.RepliedAsync(connection, reply);
        return UplinkOutcome.Taken;
    }

    private UplinkOutcome Refused(string reason)
    {
        counters.UplinkRefused();
        return new UplinkOutcome(MqttPubAckReasonCode.ImplementationSpecificError, reason);
    }

    private IDeviceGrain Grain(DeviceConnection connection) => grains.GetGrain<IDeviceGrain>(connection.Device.Value);
}
