using MicroVm.Vmm.Devices.Legacy;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Arch.X64;

/// <summary>
/// The sixteen bytes at f000:fff0 where firmware would begin. Linux on a hardware-reduced machine without EFI restarts by going back
/// to real mode and jumping here, unless told otherwise with <c>reboot=</c>; so this code resets the machine.
/// </summary>
internal static class ResetVector
{
    internal const ulong Address = 0xf_fff0;

    internal static void Write(GuestMemory memory)
    {
        const ushort port = AddressMap.AcpiPowerPort + (ushort)AcpiPowerDevice.ResetOffset;
        ReadOnlySpan<byte> code =
        [
            0xba, port & 0xff, port >> 8, // mov dx, port
            0xb0, AcpiPowerDevice.ResetValue, // mov al, value
            0xee, // out dx, al
            0xf4, // hlt
            0xeb, 0xfd, // jmp to the hlt
        ];
        BootMemory.Write(memory, Address, code);
    }
}
