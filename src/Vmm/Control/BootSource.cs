namespace MicroVm.Vmm.Control;

/// <summary>What is booted: host paths of kernel and initrd, and the kernel's command line.</summary>
internal sealed record BootSource(string KernelImagePath, string? InitrdPath = null, string? BootArgs = null);
