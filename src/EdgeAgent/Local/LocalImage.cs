using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.EdgeAgent.Local;

/// <summary>An image that the desired state needs as somebody on the device sees it.</summary>
/// <param name="Image">What it is.</param>
/// <param name="IsComplete">It is on the disk and was verified.</param>
/// <param name="PartialBytes">What of it is there while it is not.</param>
internal sealed record LocalImage(ImageReference Image, bool IsComplete, long PartialBytes);
