namespace MicroVm.EdgeAgent.Local;

/// <summary>Answers what is asked on the local socket.</summary>
internal interface ILocalRequests
{
    /// <summary>The lines of the answer; for a follower without an end.</summary>
    /// <exception cref="Store.StoreException">What was asked could not be made durable.</exception>
    IAsyncEnumerable<string> AnswerAsync(LocalRequest request, PeerCredentials peer, CancellationToken cancellation);
}
