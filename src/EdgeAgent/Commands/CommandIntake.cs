using System.Threading.Channels;
using MicroVm.EdgeAgent.Desired;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Identity;
using MicroVm.EdgeAgent.Mqtt;
using MicroVm.Shared.Contracts.Commands;
using MicroVm.Shared.Faults;
using MicroVm.Shared.Topics;
using Microsoft.Extensions.Logging;

namespace MicroVm.EdgeAgent.Commands;

/// <summary>
/// Takes commands: verified, done, replied to. A command that is lost is sent again after the next hello, so nothing is kept.
/// </summary>
internal sealed class CommandIntake(
    IdentityStore identity, IUplink uplink, UplinkSequence sequence, Refusals refusals, AgentCounters counters, ILogger logger)
{
    private const int MaxWaiting = 16;

    private readonly Channel<DeviceCommand> _taken = Channel.CreateBounded<DeviceCommand>(
        new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Raised when the device is to wipe itself, after it said that it will.</summary>
    internal event Action? Decommissioned;

    /// <summary>Takes the payload of a <c>down/command</c>. Never throws for what is in it.</summary>
    internal void Offer(ReadOnlyMemory<byte> payload)
    {
        try
        {
            DeviceCommand command = DeviceCommand.Decode(identity.OpenCommand(payload));
            if (command.Kind == CommandKind.Trust)
            {
                // At once, because the next message may be signed with a key that only the new bundle has.
                identity.Trust(command.Argument);
                Log.TrustReplaced(logger, identity.Current?.Trust.Version ?? 0);
            }

            _taken.Writer.TryWrite(command);
        }
        catch (Exception e) when (e is SignatureException or WireFormatException or IOException)
        {
            counters.RefusedDownlinks.Increment();
            refusals.Set($"command: {e.Message}");
            Log.RefusedDownlink(logger, "command", e.Message);
        }
    }

    /// <summary>Replies to commands for ever, until cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        await foreach (DeviceCommand command in _taken.Reader.ReadAllAsync(cancellation))
        {
            CommandReply reply = new(sequence.Next(), command.Id, command.Kind, "");
            await uplink.PublishAsync(UplinkKind.Reply, reply.Encode(), cancellation);
            if (command.Kind == CommandKind.Decommission)
            {
                Log.Decommissioned(logger);
                Decommissioned?.Invoke();
            }
        }
    }
}
