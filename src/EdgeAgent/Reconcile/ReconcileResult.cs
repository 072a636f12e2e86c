namespace MicroVm.EdgeAgent.Reconcile;

/// <summary>What became of one piece of reconciling: done, to be tried again after a time, or failed until something changes.</summary>
internal readonly record struct ReconcileResult
{
    private ReconcileResult(TimeSpan? retryAfter, string? failure)
    {
        RetryDelay = retryAfter;
        Failure = failure;
    }

    /// <summary>Nothing more to do until the key is queued again.</summary>
    internal static ReconcileResult Done { get; } = new(null, null);

    /// <summary>When to try again; null when not by itself.</summary>
    internal TimeSpan? RetryDelay { get; }

    /// <summary>Why it failed for good; null when it did not.</summary>
    internal string? Failure { get; }

    /// <summary>True when later steps of the same plan may go on.</summary>
    internal bool IsDone => RetryDelay is null && Failure is null;

    /// <summary>To be tried again.</summary>
    internal static ReconcileResult RetryAfter(TimeSpan delay) => new(delay, null);

    /// <summary>Failed until something changes.</summary>
    internal static ReconcileResult Failed(string reason) => new(null, reason);
}
