namespace MicroVm.Vmm.Arch.X64;

/// <summary>Kinds of memory in the e820 map; PVH uses the same numbers.</summary>
internal enum E820Type : uint
{
    Ram = 1,
    Reserved = 2,
    AcpiData = 3,
}
