module labflannel

go 1.25.0

require github.com/flannel-io/flannel v0.28.4

// The version flannel asks for is not served by the Go proxy; this one is.
replace github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common => github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common v1.3.103
