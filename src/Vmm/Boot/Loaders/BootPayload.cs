using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Boot.Loaders;

/// <summary>What is handed to the kernel beside the command line: where the initrd is; size 0 means none.</summary>
internal readonly record struct BootPayload(GuestAddress InitrdAddress, ulong InitrdSize);
