using System.Threading.Channels;
using MicroVm.EdgeAgent.Desired;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Identity;
using MicroVm.EdgeAgent.Mqtt;
using MicroVm.Shared.Contracts.Commands;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Faults;
using MicroVm.Shared.Topics;
using Microsoft.Extensions.Logging;

namespace MicroVm.EdgeAgent.Commands;

/// <summary>
/// Takes commands: verified, done, replied to. A command that is lost is sent again after the next hello, so nothing is kept, except that the
/// device is to wipe itself: who has replied to that is never told again.
/// </summary>
internal sealed class CommandIntake(
    IdentityStore identity, IUplink uplink, UplinkSequence sequence, Refusals refusals, AgentCounters counters, ILogger logger)
{
    private const int MaxWaiting = 16;

    private readonly Channel<(DeviceCommand Command, string Refusal)> _taken = Channel.CreateBounded<(DeviceCommand, string)>(
        new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Raised when the device is to wipe itself, after it said that it will.</summary>
    internal event Action? Decommissioned;

    /// <summary>Makes durable that the device is to wipe itself; returns why that cannot be, or nothing.</summary>
    internal Func<string> Decommission { get; set; } = static () => "this agent cannot wipe its device";

    /// <summary>Begins a session; returns why not, or nothing.</summary>
    internal Func<SessionOrder, string> OpenSession { get; set; } = static _ => "this agent takes no sessions";

    /// <summary>Deletes a volume; returns why not, or nothing. May take as long as the disk does.</summary>
    internal Func<VolumeOrder, string> DeleteVolume { get; set; } = static _ => "this agent has no volumes";

    /// <summary>Takes the payload of a <c>down/command</c>. Never throws for what is in it.</summary>
    internal void Offer(ReadOnlyMemory<byte> payload)
    {
        try
        {
            DeviceCommand command = DeviceCommand.Decode(identity.OpenCommand(payload));
            _taken.Writer.TryWrite((command, Begin(command)));
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
        await foreach ((DeviceCommand command, string refusal) in _taken.Reader.ReadAllAsync(cancellation))
        {
            string outcome = command.Kind switch
            {
                CommandKind.DeleteVolume => DeleteVolume(VolumeOrder.Decode(command.Argument)),
                CommandKind.Decommission => Decommission(),
                _ => refusal,
            };
            CommandReply reply = new(sequence.Next(), command.Id, command.Kind, outcome);
            if (command.Kind == CommandKind.Decommission)
            {
                await LeaveAsync(reply, cancellation);
            }
            else
            {
                await uplink.PublishAsync(UplinkKind.Reply, reply.Encode(), cancellation);
            }
        }
    }

    /// <summary>Replies, and goes whatever becomes of the reply: that it goes is durable.</summary>
    private async Task LeaveAsync(CommandReply reply, CancellationToken cancellation)
    {
        if (reply.Refusal.Length > 0)
        {
            Log.RefusedDownlink(logger, "command", reply.Refusal);
            await uplink.PublishAsync(UplinkKind.Reply, reply.Encode(), cancellation);
            return;
        }

        try
        {
            await uplink.PublishAsync(UplinkKind.Reply, reply.Encode(), cancellation);
        }
        finally
        {
            Decommissioned?.Invoke();
        }
    }

    /// <summary>Does what is done before the reply; returns why it is not, or nothing.</summary>
    private string Begin(DeviceCommand command)
    {
        switch (command.Kind)
        {
            case CommandKind.Trust:
                // At once, because the next message may be signed with a key that only the new bundle has.
                identity.Trust(command.Argument);
                Log.TrustReplaced(logger, identity.Current?.Trust.Version ?? 0);
                return "";
            case CommandKind.OpenSession:
                // At once as well: somebody waits for it.
                return OpenSession(SessionOrder.Decode(command.Argument));
            case CommandKind.DeleteVolume:
                // Not here: this is where messages arrive. That it is an order at all is seen now.
                _ = VolumeOrder.Decode(command.Argument);
                return "";
            default:
                return "";
        }
    }
}
