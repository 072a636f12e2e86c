using MicroVm.SystemTests;

// Each class has a virtual device of its own, which waits nearly half of its time and otherwise keeps one processor busy: three keep two
// busy. Limits of waits are long enough for that.
[assembly: Xunit.v3.Parallelization(MaxThreads = 3)]
[assembly: TestCollectionOrderer(typeof(LongestFirst))]
