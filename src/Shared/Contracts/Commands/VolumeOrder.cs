using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Contracts.Commands;

/// <summary>The argument of <see cref="CommandKind.DeleteVolume"/>.</summary>
/// <param name="Vm">The VM that the volume belongs to.</param>
/// <param name="Volume">The volume.</param>
public sealed record VolumeOrder(ResourceName Vm, ResourceName Volume)
{
    /// <summary>Decodes an argument.</summary>
    /// <exception cref="Faults.WireFormatException">The bytes are not an order.</exception>
    public static VolumeOrder Decode(ReadOnlyMemory<byte> argument) => WireReader.Decode(argument, "volume order", static reader =>
    {
        ResourceName vm = default, volume = default;
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: vm = reader.ReadParsed(ResourceName.Parse); return true;
                case 2: volume = reader.ReadParsed(ResourceName.Parse); return true;
                default: return false;
            }
        });
        return vm == default || volume == default
            ? throw reader.Fault("a VM and a volume (keys 1 and 2)", "not both")
            : new VolumeOrder(vm, volume);
    });

    /// <summary>Encodes the argument.</summary>
    public byte[] Encode() => WireWriter.Encode(writer => writer.WriteMap(map =>
    {
        map.Field(1, Vm.Value);
        map.Field(2, Volume.Value);
    }));
}
