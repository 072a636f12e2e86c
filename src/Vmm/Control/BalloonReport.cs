namespace MicroVm.Vmm.Control;

/// <summary>
/// What is known about the balloon of a running VM, in pages of 4 KiB, and the guest's own statistics by tag (virtio 1.2 section
/// 5.5.6.4), null where it sent none.
/// </summary>
internal sealed record BalloonReport(uint TargetPages, uint ActualPages, IReadOnlyList<ulong?> Statistics);
