using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Arch.X64;

/// <summary>One line of the memory map that the guest is told, as <c>struct boot_e820_entry</c> has it.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly record struct E820Entry(ulong Address, ulong Size, E820Type Type);
