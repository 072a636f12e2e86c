using System.Text;
using MicroVm.EdgeAgent.Bundles;
using MicroVm.Shared.Contracts.Bundles;
using MicroVm.Shared.Sessions;

namespace MicroVm.EdgeAgent.Local;

/// <summary>
/// Takes a bundle over the socket: behind <c>ok</c> the asker sends it and then nothing more, while lines tell how it goes. The agent opens no
/// file of the asker's choice and need not see the file system that it is on.
/// </summary>
internal sealed class LocalBundles(BundleApplier applier, TimeProvider time)
{
    /// <summary>Longest wait for the next piece: a worn stick may think for a while.</summary>
    private static readonly TimeSpan s_silenceLimit = TimeSpan.FromSeconds(120);

    /// <summary>Serves one to its end.</summary>
    internal async Task ServeAsync(Stream stream, LocalRequest request, PeerCredentials peer, CancellationToken cancellation)
    {
        Listener listener = new(stream, cancellation);
        await listener.WriteAsync("ok");
        try
        {
            BundleOutcome outcome = await applier.ApplyAsync(
                new SilenceLimitedStream(stream, s_silenceLimit, time), request.Check, peer.Uid, listener, cancellation);
            await listener.WriteAsync(LocalDocuments.OfOutcome(outcome));
        }
        catch (BundleRefusedException e)
        {
            await listener.WriteAsync($"error: {e.Message}");
        }
    }

    private sealed class Listener(Stream stream, CancellationToken cancellation) : IBundleListener
    {
        public ValueTask OnBeginAsync(BundleHeader header, ulong generation) => WriteAsync(LocalDocuments.OfBundle(header, generation));

        public ValueTask OnProgressAsync(long doneBytes, long totalBytes) => WriteAsync(LocalDocuments.OfProgress(doneBytes, totalBytes));

        public ValueTask OnContentAsync(BundleContent content, BundleContentState state) => WriteAsync(LocalDocuments.OfContent(content, state));

        internal ValueTask WriteAsync(string line) => stream.WriteAsync(Encoding.UTF8.GetBytes(line.ReplaceLineEndings(" ") + "\n"), cancellation);
    }
}
