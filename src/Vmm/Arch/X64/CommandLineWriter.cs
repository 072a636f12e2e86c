using System.Text;
using MicroVm.Vmm.Boot.Loaders;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Arch.X64;

/// <summary>Puts the kernel command line into guest memory.</summary>
internal static class CommandLineWriter
{
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
