using MicroVm.EdgeAgent.Images;
using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.EdgeAgent.Bundles;

/// <summary>A content that the device needs: an image, or the artifact of an agent release.</summary>
/// <param name="Kind"><see cref="OfImage"/> or <see cref="OfAgent"/>.</param>
/// <param name="Image">What it is.</param>
/// <param name="Store">Where it belongs.</param>
/// <param name="IsMissing">The device does not have it.</param>
internal sealed record BundleContent(string Kind, ImageReference Image, ImageStore Store, bool IsMissing)
{
    /// <summary>The kinds.</summary>
    internal const string OfImage = "image", OfAgent = "agent";
}
