namespace MicroVm.EdgeAgent.Bundles;

/// <summary>Keeps what a bundle brings from being collected before anybody needs it, until disposed.</summary>
internal sealed class HeldContents(IReadOnlyList<BundleContent> contents) : IDisposable
{
    private readonly IDisposable[] _holds =
        [.. contents.GroupBy(static content => content.Store).Select(static some => some.Key.Keep(some.Select(static content => content.Image.Digest).ToHashSet()))];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDisposable hold in _holds)
        {
            hold.Dispose();
        }
    }
}
