using System.Text;
using MicroVm.Vmm.Arch.X64;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Boot.Loaders;

/// <summary>Puts the kernel command line into guest memory.</summary>
internal static class CommandLineWriter
{
    /// <summary>What Firecracker uses when the boot source names no arguments.</summary>
    internal const string DefaultArguments = "reboot=k panic=1 nomodule 8250.nr_uarts=0 i8042.noaux i8042.nomux i8042.dumbkbd swiotlb=noforce";

    /// <exception cref="VmmFaultException">The line is longer than the kernel or its place takes.</exception>
    internal static void Write(string arguments, LoadedKernel kernel, GuestMemory memory)
    {
        int length = Encoding.UTF8.GetByteCount(arguments);
        ulong limit = Math.Min(kernel.CommandLineLimit, AddressMap.CommandLineCapacity - 1);
        if ((ulong)length > limit)
        {
            throw new VmmFaultException(ExitCode.CommandLineTooLong, $"boot_args: the kernel takes {limit} bytes, found {length}");
        }

        byte[] bytes = new byte[length + 1];
        Encoding.UTF8.GetBytes(arguments, bytes);
        BootMemory.Write(memory, AddressMap.CommandLine, bytes);
    }
}
