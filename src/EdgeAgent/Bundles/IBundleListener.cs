using MicroVm.Shared.Contracts.Bundles;

namespace MicroVm.EdgeAgent.Bundles;

/// <summary>Is told how the application of a bundle goes.</summary>
internal interface IBundleListener
{
    /// <summary>It is for this device, whose part was verified; its contents come now.</summary>
    ValueTask OnBeginAsync(BundleHeader header, ulong generation);

    /// <summary>So many bytes of contents were read; said now and then.</summary>
    ValueTask OnProgressAsync(long doneBytes, long totalBytes);

    /// <summary>A content that this device needs is there.</summary>
    ValueTask OnContentAsync(BundleContent content, BundleContentState state);
}
