using MicroVm.Shared.Contracts.Commands;
using MicroVm.Shared.Contracts.Identity;
using MicroVm.Shared.Faults;

namespace MicroVm.EdgeAgent.Bundles;

/// <summary>A trust bundle that came with a bundle, in a command that was verified.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Bundle">It, encoded.</param>
internal sealed record TrustOffer(ulong Version, byte[] Bundle)
{
    /// <summary>Reads it from a command.</summary>
    /// <exception cref="WireFormatException">It is another command: no other may come from a file, which can be carried in again and again.</exception>
    internal static TrustOffer Open(byte[] content)
    {
        DeviceCommand command = DeviceCommand.Decode(content);
        return command.Kind == CommandKind.Trust
            ? new TrustOffer(TrustBundle.Decode(command.Argument).Version, command.Argument)
            : throw new WireFormatException($"bundle: expected a command of kind {CommandKind.Trust}, found {command.Kind}");
    }
}
